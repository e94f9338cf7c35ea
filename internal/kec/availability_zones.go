package kec

import (
	"context"
	"net/url"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// AvailabilityZone is a zone of a region, such as cn-beijing-6a.
type AvailabilityZone struct {
	Name   string
	Region string // "" when the answer does not say
}

// DescribeAvailabilityZones returns the zones of the client's region (fact 96: the answer names
// zone and region).
func (c *Client) DescribeAvailabilityZones(ctx context.Context) ([]AvailabilityZone, error) {
	var zones []AvailabilityZone
	err := c.read(ctx, action("DescribeAvailabilityZones", url.Values{}), func(ans *ksyun.Answer) error {
		set, ok := ans.List("availabilityzoneset")
		if !ok {
			return ans.Unusable("the answer holds no AvailabilityZoneSet")
		}
		zones = make([]AvailabilityZone, 0, len(set))
		for _, raw := range set {
			var w struct{ AvailabilityZone, Region ksyun.Text }
			ksyun.Decode(raw, &w)
			if w.AvailabilityZone == "" {
				return ans.Unusable("the answer holds a zone without a name")
			}
			zones = append(zones, AvailabilityZone{Name: string(w.AvailabilityZone), Region: string(w.Region)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return zones, nil
}
