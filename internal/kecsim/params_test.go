package kecsim

import (
	"maps"
	"net/url"
	"strings"
	"testing"
)

func mustURL(query string) *url.URL { return &url.URL{Path: "/", RawQuery: query} }

func TestBind_spellings(t *testing.T) {
	t.Parallel()
	patterns := patternsOf([]string{"InstanceId.N", "SubnetId", "DataDisk.N.Size", "NetworkInterface.N.SecurityGroupId.N", "Filter.N.Name.N", "Filter.N.Value.N"})
	cases := []struct {
		name, sent string
		want       map[string]string
		wrong      string
	}{
		{"as documented", "InstanceId.1=a&InstanceId.2=b", map[string]string{"InstanceId.1": "a", "InstanceId.2": "b"}, ""},
		{"from zero", "InstanceId.0=a&InstanceId.1=b", map[string]string{"InstanceId.1": "a", "InstanceId.2": "b"}, ""},
		{"ordered by number, not by text", "InstanceId.10=b&InstanceId.9=a", map[string]string{"InstanceId.1": "a", "InstanceId.2": "b"}, ""},
		{"bare list name", "instanceid=a", map[string]string{"InstanceId.1": "a"}, ""},
		{"any case", "subnetId=s&DATADISK.0.size=20", map[string]string{"SubnetId": "s", "DataDisk.1.Size": "20"}, ""},
		{"lists in lists", "NetworkInterface.0.SecurityGroupId.0=a&NetworkInterface.0.SecurityGroupId.1=b",
			map[string]string{"NetworkInterface.1.SecurityGroupId.1": "a", "NetworkInterface.1.SecurityGroupId.2": "b"}, ""},
		{"first filter form", "Filter.1.Name=x&Filter.1.Value.1=y", map[string]string{"Filter.1.Name.1": "x", "Filter.1.Value.1": "y"}, ""},
		{"second filter form", "Filter.1.Name.1=x&Filter.1.Value.1=y", map[string]string{"Filter.1.Name.1": "x", "Filter.1.Value.1": "y"}, ""},
		{"same value twice", "SubnetId=s&subnetid=s", map[string]string{"SubnetId": "s"}, ""},
		{"unknown", "Colour=red", nil, "Colour"},
		{"unknown below a list", "DataDisk.1.Colour=red", nil, "DataDisk.1.Colour"},
		{"index that is no number", "InstanceId.x=a", nil, "InstanceId.x"},
		{"index too large", "InstanceId.99999999999999999999=a", nil, "InstanceId.99999999999999999999"},
		{"negative index", "InstanceId.-1=a", nil, "InstanceId.-1"},
		{"two values", "SubnetId=s&subnetid=t", nil, "SubnetId"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sent, err := url.ParseQuery(c.sent)
			if err != nil {
				t.Fatal(err)
			}
			got, refusal := bind(patterns, sent)
			if c.wrong != "" {
				if refusal == nil || !strings.Contains(refusal.message, c.wrong) || refusal.code != codeInvalidParameter {
					t.Fatalf("got %v, want a refusal that names %s", refusal, c.wrong)
				}
				return
			}
			if refusal != nil {
				t.Fatal(refusal.message)
			}
			if !maps.Equal(got.values, c.want) {
				t.Errorf("got %v, want %v", got.values, c.want)
			}
		})
	}
}

func TestMoney_isExact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0.0393": "0.0393", "0.50": "0.5", "100": "100", "0.00001": "0.00001", "0.100000": "0.1", "007": "7"} {
		got, err := parseMoney(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		same(t, in, got.String(), want)
	}
	for _, in := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "0x1", "1,5", " 1", "0.000001", "9999999999", "NaN"} {
		if got, err := parseMoney(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("ImageId=x&DataDisk.0.Size=1&Filter.1.Name.1=a", "application/x-www-form-urlencoded")
	f.Add(`{"instanceIds":["a",null,{"b":[1,true]}],"status":3e400}`, "application/json")
	f.Add("SecurityGroupId=a&SecurityGroupId.0=b&Tag.1.Key=ksc&SpotPriceLimit=0.1&UserData=%%", "text/plain")
	f.Add("MinCount=1&MaxCount=99999&SystemDisk.DiskSize=-1&PrivateIpAddress=::1&Marker=9&MaxResults=5", "")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		sent, err := readBody(contentType, []byte(body))
		if err != nil {
			return
		}
		sim := New()
		for _, actions := range services {
			for _, versions := range actions {
				for _, a := range versions {
					bound, refusal := bind(a.patterns, sent)
					if refusal != nil || apply(a.rules, bound) != nil {
						continue
					}
					unlock := sim.lock()
					value, _ := a.do(sim, &request{args: bound, region: Region, sent: sent})
					unlock()
					encode(value)
				}
			}
		}
	})
}
