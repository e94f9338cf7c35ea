package kec

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Image is what a launch must know of an image.
type Image struct {
	ID    string
	State string // ImageActive boots; the list is open
}

// ImageActive is the state of an image that boots.
const ImageActive = "active"

// DescribeImages returns the image with this id (fact 217: the prefix IMG- is optional). An id that
// the account does not see is missing from the result, or gives a *ksyun.Error: nothing says which.
func (c *Client) DescribeImages(ctx context.Context, id string) ([]Image, error) {
	if id == "" {
		return nil, ErrEmptyID
	}
	var images []Image
	err := c.read(ctx, action("DescribeImages", url.Values{"ImageId": {id}}), func(ans *ksyun.Answer) error {
		set, ok := ans.List("imagesset")
		if !ok {
			return ans.Unusable("the answer holds no ImagesSet")
		}
		if images = imagesIn(set, id); len(images) == 0 && len(set) > 0 {
			return ans.Unusable("the answer holds %d images and not the one that was asked for", len(set))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return images, nil
}

// imagesIn are the elements of ImagesSet that have this id.
func imagesIn(set []json.RawMessage, id string) []Image {
	bare := func(id string) string { return strings.TrimPrefix(strings.ToLower(id), "img-") }
	var images []Image
	for _, raw := range set {
		var w struct{ ImageID, ImageState ksyun.Text }
		ksyun.Decode(raw, &w)
		if bare(string(w.ImageID)) == bare(id) {
			images = append(images, Image{ID: string(w.ImageID), State: string(w.ImageState)})
		}
	}
	return images
}

// InstanceTypeConfig says where an instance type and its disks are sold.
type InstanceTypeConfig struct {
	Zones   []string            // where it can be ordered; empty when the answer does not say
	SoldOut map[string][]string // the zones in which a type of data disk is sold out, by that type
}

// DescribeInstanceTypeConfigs returns what KEC says of one instance type (fact 93: the action), nil
// when the answer does not hold the type. Nil proves little, because the form of the filter is
// documented in two ways (fact 10: two forms). The form sent here is that of the official client of
// this action, and of a client that runs against the real service.
func (c *Client) DescribeInstanceTypeConfigs(ctx context.Context, instanceType string) (*InstanceTypeConfig, error) {
	var config *InstanceTypeConfig
	filter := url.Values{"Filter.1.Name.1": {"instance-type"}, "Filter.1.Value.1": {instanceType}}
	err := c.read(ctx, action("DescribeInstanceTypeConfigs", filter), func(ans *ksyun.Answer) error {
		set, ok := ans.List("instancetypeconfigset")
		if !ok {
			return ans.Unusable("the answer holds no InstanceTypeConfigSet")
		}
		config = typeConfigIn(set, instanceType)
		return nil
	})
	return config, err
}

// typeConfigIn is the element of InstanceTypeConfigSet about this type, nil without one.
func typeConfigIn(set []json.RawMessage, instanceType string) *InstanceTypeConfig {
	for _, raw := range set {
		var w struct {
			InstanceType                          ksyun.Text
			AvailabilityZoneSet, DataDiskQuotaSet ksyun.Items
		}
		if ksyun.Decode(raw, &w); !strings.EqualFold(string(w.InstanceType), instanceType) {
			continue
		}
		config := &InstanceTypeConfig{Zones: idsOf(w.AvailabilityZoneSet, "azcode"), SoldOut: map[string][]string{}}
		for _, raw := range w.DataDiskQuotaSet {
			var disk struct {
				DataDiskType        ksyun.Text
				AvailabilityZoneSet ksyun.Items
			}
			ksyun.Decode(raw, &disk)
			for _, raw := range disk.AvailabilityZoneSet {
				var zone struct {
					AzCode    ksyun.Text
					IsSellOut ksyun.Flag
				}
				ksyun.Decode(raw, &zone)
				name := string(disk.DataDiskType)
				if zone.IsSellOut.Value != nil && *zone.IsSellOut.Value && !slices.Contains(config.SoldOut[name], string(zone.AzCode)) {
					config.SoldOut[name] = append(config.SoldOut[name], string(zone.AzCode))
				}
			}
		}
		return config
	}
	return nil
}
