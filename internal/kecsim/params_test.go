package kecsim

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

func FuzzParameters(f *testing.F) {
	f.Add("ImageId=x&DataDisk.0.Size=1&Filter.1.Name.1=a", "application/x-www-form-urlencoded")
	f.Add(`{"instanceIds":["a",null,{"b":[1,true]}],"status":3e400}`, "application/json")
	f.Add("SecurityGroupId=a&SecurityGroupId.0=b&Tag.1.Key=ksc&SpotPriceLimit=0.1&UserData=%%", "text/plain")
	f.Add("MinCount=1&MaxCount=99999&SystemDisk.DiskSize=-1&PrivateIpAddress=::1&Marker=9&MaxResults=5", "")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		sent, err := protocol.ReadBody(contentType, []byte(body))
		if err != nil {
			return
		}
		sim := New()
		for _, actions := range services {
			for _, versions := range actions {
				for _, a := range versions {
					bound, refusal := protocol.Bind(a.patterns, sent)
					if refusal != nil || apply(a.rules, bound) != nil {
						continue
					}
					unlock := sim.lock()
					value, _ := a.run(sim, &request{Args: bound, region: Region, sent: sent})
					unlock()
					protocol.Encode(value)
				}
			}
		}
	})
}
