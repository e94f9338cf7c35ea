package kec

import (
	"fmt"
	"testing"
)

func TestDescribeAvailabilityZones(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"two":            {`{"AvailabilityZoneSet":[{"AvailabilityZone":"z-b","Region":"r"},{"AvailabilityZone":"z-a"}]}`, `[{"Name":"z-b","Region":"r"},{"Name":"z-a"}] <nil>`},
		"lower-first":    {`{"availabilityZoneSet":[{"availabilityZone":"z-a","region":"r"}]}`, `[{"Name":"z-a","Region":"r"}] <nil>`},
		"none":           {`{"AvailabilityZoneSet":[]}`, `[] <nil>`},
		"no list":        {`{}`, `null DescribeAvailabilityZones: the answer holds no AvailabilityZoneSet (HTTP 200)`},
		"without a name": {`{"AvailabilityZoneSet":[{"Region":"r"}]}`, `null DescribeAvailabilityZones: the answer holds a zone without a name (HTTP 200)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.body))
			c, _ := client(t, s)
			got, err := c.DescribeAvailabilityZones(t.Context())
			equal(t, "result", written(t, got)+" "+fmt.Sprint(err), tc.want)
			equal(t, "action", s.Got[0].Action+" "+s.Got[0].Version+" "+s.Got[0].Host, "DescribeAvailabilityZones 2016-03-04 kec.api.ksyun.com")
			equal(t, "request", s.Got[0].Body, "")
		})
	}
}
