package kec

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Image is what an instance boots from. A text that the answer leaves out is "".
type Image struct {
	ID       string
	Name     string
	State    string     // ImageActive boots; the list is open
	Platform string     // such as "ubuntu-24.04"
	Type     string     // such as "system"; the list is open
	SizeGB   int64      // of the system disk that it fills; 0 when the answer has no size
	Created  *time.Time // UTC, nil when the answer does not say
}

// ImageActive is the state of an image that boots.
const ImageActive = "active"

// DescribeImages returns the image with this id, or all that the account sees without one (fact
// 217: the prefix IMG- is optional; fact 95: there are no pages). An id that the account does not
// see is missing from the result, or gives a *ksyun.Error: nothing says which.
func (c *Client) DescribeImages(ctx context.Context, id ...string) ([]Image, error) {
	params := url.Values{}
	for _, one := range id {
		if one == "" {
			return nil, ErrEmptyID
		}
		params.Set("ImageId", one)
	}
	var images []Image
	err := c.read(ctx, action("DescribeImages", params), func(ans *ksyun.Answer) error {
		set, ok := ans.List("imagesset")
		if !ok {
			return ans.Unusable("the answer holds no ImagesSet")
		}
		if images = imagesIn(set, params.Get("ImageId")); len(images) == 0 && len(set) > 0 && len(id) > 0 {
			return ans.Unusable("the answer holds %d images and not the one that was asked for", len(set))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return images, nil
}

// imagesIn are the elements of ImagesSet that have this id, or any id where it is "".
func imagesIn(set []json.RawMessage, id string) []Image {
	bare := func(id string) string { return strings.TrimPrefix(strings.ToLower(id), "img-") }
	var images []Image
	for _, raw := range set {
		var w struct {
			ImageID, Name, ImageState, Platform, Type ksyun.Text
			SysDisk                                   ksyun.Number
			CreationDate                              ksyun.Instant
		}
		ksyun.Decode(raw, &w)
		if w.ImageID == "" || id != "" && bare(string(w.ImageID)) != bare(id) {
			continue
		}
		images = append(images, Image{
			ID: string(w.ImageID), Name: string(w.Name), State: string(w.ImageState), Platform: string(w.Platform), Type: string(w.Type),
			SizeGB: w.SysDisk.IntOr(0), Created: w.CreationDate.Time,
		})
	}
	return images
}
