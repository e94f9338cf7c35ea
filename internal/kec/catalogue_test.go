package kec

import (
	"errors"
	"fmt"
	"testing"
)

// The answers as the models of KEC's clients show them; the members that are not read stand there
// to be passed over.
const (
	documentedImages = `{"RequestId":"r","ImagesSet":[{"ImageId":"IMG-6f2b8d4e","Name":"ubuntu-24.04","ImageState":"active","Type":"system",` +
		`"Platform":"ubuntu-24.04","SysDisk":20,"IsPublic":true,"ImageSource":"system","UserCategory":"common","Progress":"100","CreationDate":"2026-01-15T08:00:00Z","SnapshotSet":[]}]}`
	documentedType = `{"RequestId":"r","InstanceTypeConfigSet":[{"InstanceType":"N3.2B","InstanceFamily":"N3","CPU":2,"GPU":0,"Memory":4,` +
		`"AvailabilityZoneSet":[{"AzCode":"cn-beijing-6a"},{"AzCode":"cn-beijing-6b"}],` +
		`"SystemDiskQuotaSet":[{"SystemDiskType":"SSD3.0","AvailabilityZoneSet":[{"AzCode":"cn-beijing-6a","IsSellOut":true}]}],` +
		`"DataDiskQuotaSet":[{"DataDiskType":"SSD3.0","DataDiskMinSize":10,"DataDiskMaxsize":16000,"DataDiskCount":8,` +
		`"AvailabilityZoneSet":[{"AzCode":"cn-beijing-6a","IsSellOut":false},{"AzCode":"cn-beijing-6b","IsSellOut":true}]},` +
		`{"DataDiskType":"EHDD","AvailabilityZoneSet":[{"AzCode":"cn-beijing-6a","IsSellOut":false}]}]}]}`
)

func TestDescribeImages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"documented":  {documentedImages, `[{"Created":"2026-01-15T08:00:00Z","ID":"IMG-6f2b8d4e","Name":"ubuntu-24.04","Platform":"ubuntu-24.04","SizeGB":20,"State":"active","Type":"system"}] <nil>`},
		"lower-first": {`{"imagesSet":[{"imageId":"IMG-6f2b8d4e","name":"n","imageState":"error"}]}`, `[{"ID":"IMG-6f2b8d4e","Name":"n","State":"error"}] <nil>`},
		"texts for numbers": {`{"ImagesSet":[{"ImageId":"IMG-6f2b8d4e","SysDisk":"40","CreationDate":"2026-01-15 16:00:00"}]}`,
			`[{"Created":"2026-01-15T08:00:00Z","ID":"IMG-6f2b8d4e","SizeGB":40}] <nil>`},
		"an odd size and time": {`{"ImagesSet":[{"ImageId":"IMG-6f2b8d4e","SysDisk":"large","CreationDate":"-"}]}`, `[{"ID":"IMG-6f2b8d4e"}] <nil>`},
		"upper case":           {`{"IMAGESSET":[{"IMAGEID":"IMG-6F2B8D4E","IMAGESTATE":"active"}]}`, `[{"ID":"IMG-6F2B8D4E","State":"active"}] <nil>`},
		"without prefix":       {`{"ImagesSet":[{"ImageId":"6f2b8d4e","ImageState":"active"}]}`, `[{"ID":"6f2b8d4e","State":"active"}] <nil>`},
		"lower prefix":         {`{"ImagesSet":[{"ImageId":"img-6f2b8d4e"}]}`, `[{"ID":"img-6f2b8d4e"}] <nil>`},
		"nulls":                {`{"ImagesSet":[{"ImageId":"IMG-6f2b8d4e","Name":null,"ImageState":null}]}`, `[{"ID":"IMG-6f2b8d4e"}] <nil>`},
		"wrong shapes":         {`{"ImagesSet":[{"ImageId":"IMG-6f2b8d4e","Name":7,"ImageState":{}}]}`, `[{"ID":"IMG-6f2b8d4e","Name":"7"}] <nil>`},
		"among others":         {`{"ImagesSet":[{"ImageId":"IMG-other"},{"ImageId":"IMG-6f2b8d4e"},{},null,7]}`, `[{"ID":"IMG-6f2b8d4e"}] <nil>`},
		"none":                 {`{"ImagesSet":[]}`, `null <nil>`},
		"null list":            {`{"imagesset":null}`, `null <nil>`},
		"no list":              {`{"RequestId":"r"}`, `null DescribeImages: the answer holds no ImagesSet (request id r, HTTP 200)`},
		"list instead":         {`{"ImagesSet":{"ImageId":"IMG-6f2b8d4e"}}`, `null DescribeImages: the answer holds no ImagesSet (HTTP 200)`},
		"all images": {`{"ImagesSet":[{"ImageId":"IMG-1"},{"ImageId":"IMG-2"}]}`,
			`null DescribeImages: the answer holds 2 images and not the one that was asked for (HTTP 200)`},
		"another image": {`{"ImagesSet":[{"ImageId":"IMG-1"}]}`,
			`null DescribeImages: the answer holds 1 images and not the one that was asked for (HTTP 200)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, id := range []string{"IMG-6f2b8d4e", "6f2b8d4e", "img-6F2B8D4E"} {
				s := of(ok(tc.body))
				c, _ := client(t, s)
				got, err := c.DescribeImages(t.Context(), id)
				equal(t, "result for "+id, written(t, got)+" "+fmt.Sprint(err), tc.want)
				equal(t, "action", s.Got[0].Action+" "+s.Got[0].Version+" "+s.Got[0].Host, "DescribeImages 2016-03-04 kec.api.ksyun.com")
				equal(t, "request", s.Got[0].Body, "ImageId="+id)
				equal(t, "requests", len(s.Got), 1)
			}
		})
	}
}

func TestDescribeSecurityGroups(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"documented": {`{"RequestId":"r","NextToken":"","SecurityGroupSet":[{"SecurityGroupId":"g-1","VpcId":"v","SecurityGroupName":"web",` +
			`"SecurityGroupType":"other","Description":"","SecurityGroupEntrySet":[{"SecurityGroupEntryId":"e"}]},{"SecurityGroupId":"g-2","VpcId":"v"}]}`,
			`[{"ID":"g-1","VPCID":"v"},{"ID":"g-2","VPCID":"v"}] <nil>`},
		"lower-first":                  {`{"securityGroupSet":[{"securityGroupId":"g-1","vpcId":"v","securityGroupName":"web"}]}`, `[{"ID":"g-1","VPCID":"v"}] <nil>`},
		"upper case":                   {`{"SECURITYGROUPSET":[{"SECURITYGROUPID":"G-1","VPCID":"V"}]}`, `[{"ID":"G-1","VPCID":"V"}] <nil>`},
		"nulls":                        {`{"SecurityGroupSet":[{"SecurityGroupId":"g-1","VpcId":null,"SecurityGroupName":null}]}`, `[{"ID":"g-1"}] <nil>`},
		"among others":                 {`{"SecurityGroupSet":[{"SecurityGroupId":"g-9"},{"SecurityGroupId":"g-2"},{},null,7]}`, `[{"ID":"g-2"}] <nil>`},
		"twice":                        {`{"SecurityGroupSet":[{"SecurityGroupId":"g-1","VpcId":"v"},{"SecurityGroupId":"g-1"}]}`, `[{"ID":"g-1","VPCID":"v"}] <nil>`},
		"only others":                  {`{"SecurityGroupSet":[{"SecurityGroupId":"g-9"}]}`, `null <nil>`},
		"none":                         {`{"SecurityGroupSet":[]}`, `null <nil>`},
		"null list":                    {`{"securitygroupset":null}`, `null <nil>`},
		"null after a byte order mark": {"\xef\xbb\xbf" + `{"SecurityGroupSet":null}`, `null <nil>`},
		"no list":                      {`{}`, `null DescribeSecurityGroups: the answer holds no SecurityGroupSet (HTTP 200)`},
		"text instead":                 {`{"SecurityGroupSet":"g-1"}`, `null DescribeSecurityGroups: the answer holds no SecurityGroupSet (HTTP 200)`},
		"another set":                  {`{"SubnetSet":[]}`, `null DescribeSecurityGroups: the answer holds no SecurityGroupSet (HTTP 200)`},
		"empty token":                  {`{"NextToken":"","SecurityGroupSet":[{"SecurityGroupId":"g-1"}]}`, `[{"ID":"g-1"}] <nil>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.body))
			c, _ := client(t, s)
			got, err := c.DescribeSecurityGroups(t.Context(), "g-1", "g-2")
			equal(t, "result", written(t, got)+" "+fmt.Sprint(err), tc.want)
			equal(t, "action", s.Got[0].Action+" "+s.Got[0].Version+" "+s.Got[0].Host, "DescribeSecurityGroups 2016-03-04 vpc.api.ksyun.com")
			equal(t, "request", s.Got[0].Body, "SecurityGroupId.1=g-1&SecurityGroupId.2=g-2")
			equal(t, "requests", len(s.Got), 1)
		})
	}
}

func TestDescribeSecurityGroups_pages(t *testing.T) {
	t.Parallel()
	s := of(
		ok(`{"NextToken":"n1","SecurityGroupSet":[{"SecurityGroupId":"g-1"},{"SecurityGroupId":"other"}]}`),
		ok(`{"nextToken":5,"SecurityGroupSet":[{"SecurityGroupId":"g-2"},{"SecurityGroupId":"g-1"}]}`),
		ok(`{"NextToken":"n1","SecurityGroupSet":null}`), // a token that was used ends the list
	)
	c, _ := client(t, s)
	got, err := c.DescribeSecurityGroups(t.Context(), "g-1", "g-2")
	equal(t, "result", written(t, got)+" "+fmt.Sprint(err), `[{"ID":"g-1"},{"ID":"g-2"}] <nil>`)
	equal(t, "requests", len(s.Got), 3)
	equal(t, "second request", s.Got[1].Body, "NextToken=n1&SecurityGroupId.1=g-1&SecurityGroupId.2=g-2")
	equal(t, "third request", s.Got[2].Body, "NextToken=5&SecurityGroupId.1=g-1&SecurityGroupId.2=g-2")

	s = of(ok(`{"SecurityGroupSet":[{"SecurityGroupId":"g-1"},{"SecurityGroupId":"g-9"}]}`))
	c, _ = client(t, s)
	got, err = c.DescribeSecurityGroups(t.Context())
	equal(t, "all", written(t, got)+" "+fmt.Sprint(err), `[{"ID":"g-1"},{"ID":"g-9"}] <nil>`)
	equal(t, "request for all", s.Got[0].Body, "")

	s = of(ok(`{"SecurityGroupSet":[]}`))
	c, _ = client(t, s)
	if _, err := c.DescribeSecurityGroups(t.Context(), ids(101)...); err != nil {
		t.Error(err)
	}
	equal(t, "requests for 101 ids", len(s.Got), 2)
	equal(t, "the last of them", s.Got[1].Body, "SecurityGroupId.1="+ids(101)[100])
}

func TestDescribeInstanceTypeConfigs(t *testing.T) {
	t.Parallel()
	// sells is an answer about one data disk in one zone.
	sells := func(sellOut string) string {
		return `{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","DataDiskQuotaSet":[{"DataDiskType":"EHDD","AvailabilityZoneSet":[{"AzCode":"z","IsSellOut":` + sellOut + `}]}]}]}`
	}
	const soldOut, inStock = `[{"DataDisks":[{"Type":"EHDD"}],"Name":"N3.2B","SoldOut":{"EHDD":["z"]}}] <nil>`,
		`[{"DataDisks":[{"Type":"EHDD"}],"Name":"N3.2B","SoldOut":{}}] <nil>`
	const bare = `[{"Name":"N3.2B","SoldOut":{}}] <nil>`
	for name, tc := range map[string]struct{ body, want string }{
		"documented": {documentedType, `[{"DataDisks":[{"Max":8,"MaxSizeGB":16000,"MinSizeGB":10,"Type":"SSD3.0"},{"Type":"EHDD"}],` +
			`"Family":"N3","MemoryGB":"4","Name":"N3.2B","SoldOut":{"SSD3.0":["cn-beijing-6b"]},"SystemDiskTypes":["SSD3.0"],"VCPUs":2,` +
			`"Zones":["cn-beijing-6a","cn-beijing-6b"]}] <nil>`},
		"lower-first": {`{"instanceTypeConfigSet":[{"instanceType":"N3.2B","availabilityZoneSet":[{"azCode":"z"}],` +
			`"dataDiskQuotaSet":[{"dataDiskType":"EHDD","availabilityZoneSet":[{"azCode":"z","isSellOut":true}]}]}]}`,
			`[{"DataDisks":[{"Type":"EHDD"}],"Name":"N3.2B","SoldOut":{"EHDD":["z"]},"Zones":["z"]}] <nil>`},
		"texts for numbers": {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","CPU":"2","GPU":"0","Memory":"0.5","SystemDiskQuotaSet":["SSD3.0"],` +
			`"DataDiskQuotaSet":[{"DataDiskType":"EHDD","DataDiskMinSize":"10","DataDiskMaxSize":"500","DataDiskCount":"8"}]}]}`,
			`[{"DataDisks":[{"Max":8,"MaxSizeGB":500,"MinSizeGB":10,"Type":"EHDD"}],"MemoryGB":"0.5","Name":"N3.2B","SoldOut":{},` +
				`"SystemDiskTypes":["SSD3.0"],"VCPUs":2}] <nil>`},
		"odd numbers":          {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","CPU":"two","GPU":null,"Memory":{}}]}`, bare},
		"type in another case": {`{"InstanceTypeConfigSet":[{"InstanceType":"n3.2b"}]}`, `[{"Name":"n3.2b","SoldOut":{}}] <nil>`},
		"zones as texts": {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":["z1","z2","z1",null,""]}]}`,
			`[{"Name":"N3.2B","SoldOut":{},"Zones":["z1","z2"]}] <nil>`},
		"zones mixed": {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":["z1",{"AZCODE":"z2"},{"Name":"z3"},[]]}]}`,
			`[{"Name":"N3.2B","SoldOut":{},"Zones":["z1","z2"]}] <nil>`},
		"null zones":              {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":null,"DataDiskQuotaSet":null}]}`, bare},
		"sold out":                {sells(`true`), soldOut},
		"sold out, text":          {sells(`"true"`), soldOut},
		"sold out, another text":  {sells(`" True "`), soldOut},
		"sold out, number":        {sells(`1`), soldOut},
		"sold out, number text":   {sells(`"1"`), soldOut},
		"in stock":                {sells(`false`), inStock},
		"in stock, text":          {sells(`"False"`), inStock},
		"in stock, number":        {sells(`0`), inStock},
		"in stock, number text":   {sells(`"0"`), inStock},
		"null":                    {sells(`null`), inStock},
		"empty":                   {sells(`""`), inStock},
		"neither":                 {sells(`"perhaps"`), inStock},
		"a shape nobody can read": {sells(`{"Value":true}`), inStock},
		"disk zones as texts": {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","DataDiskQuotaSet":[{"DataDiskType":"EHDD","AvailabilityZoneSet":["z"]},7,null]}]}`,
			inStock},
		"a zone twice": {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","DataDiskQuotaSet":[` +
			`{"DataDiskType":"EHDD","AvailabilityZoneSet":[{"AzCode":"z","IsSellOut":true},{"AzCode":"z","IsSellOut":1}]},` +
			`{"DataDiskType":"EHDD","AvailabilityZoneSet":[{"AzCode":"y","IsSellOut":"1"}]}]}]}`, `[{"DataDisks":[{"Type":"EHDD"}],"Name":"N3.2B","SoldOut":{"EHDD":["z","y"]}}] <nil>`},
		"among others": {`{"InstanceTypeConfigSet":[7,null,{"InstanceType":"N3.4B","AvailabilityZoneSet":["x"]},{"InstanceType":"N3.2B"}]}`, bare},
		"unknown type": {`{"InstanceTypeConfigSet":[{"InstanceType":"N3.4B"}]}`, `null <nil>`},
		"none":         {`{"InstanceTypeConfigSet":[]}`, `null <nil>`},
		"null list":    {`{"instancetypeconfigset":null}`, `null <nil>`},
		"no list":      {`{}`, `null DescribeInstanceTypeConfigs: the answer holds no InstanceTypeConfigSet (HTTP 200)`},
		"list instead": {`{"InstanceTypeConfigSet":{}}`, `null DescribeInstanceTypeConfigs: the answer holds no InstanceTypeConfigSet (HTTP 200)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.body))
			c, _ := client(t, s)
			got, err := c.DescribeInstanceTypeConfigs(t.Context(), "N3.2B")
			equal(t, "result", written(t, got)+" "+fmt.Sprint(err), tc.want)
			equal(t, "action", s.Got[0].Action+" "+s.Got[0].Version+" "+s.Got[0].Host, "DescribeInstanceTypeConfigs 2016-03-04 kec.api.ksyun.com")
			equal(t, "request", s.Got[0].Body, "Filter.1.Name.1=instance-type&Filter.1.Value.1=N3.2B")
			equal(t, "requests", len(s.Got), 1)
		})
	}
}

// Without an id, a type or a number of hours of its own, everything is asked for, with no filter
// that might be understood in another way.
func TestCatalogue_all(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"ImagesSet":[{"ImageId":"IMG-2"},{"ImageId":""},{"ImageId":"IMG-1","ImageState":"error"}]}`))
	c, _ := client(t, s)
	images, err := c.DescribeImages(t.Context())
	equal(t, "images", written(t, images)+" "+fmt.Sprint(err), `[{"ID":"IMG-2"},{"ID":"IMG-1","State":"error"}] <nil>`)
	equal(t, "request for images", s.Got[0].Body, "")
	c, _ = client(t, of(ok(`{"ImagesSet":[{}]}`)))
	images, err = c.DescribeImages(t.Context())
	equal(t, "images without an id", written(t, images)+" "+fmt.Sprint(err), `null <nil>`)

	s = of(ok(`{"InstanceTypeConfigSet":[{"InstanceType":"N3.4B"},{"InstanceType":"N3.2B","CPU":2},{"InstanceType":"n3.2b","CPU":4},{}]}`))
	c, _ = client(t, s)
	types, err := c.DescribeInstanceTypeConfigs(t.Context())
	equal(t, "types", written(t, types)+" "+fmt.Sprint(err), `[{"Name":"N3.4B","SoldOut":{}},{"Name":"N3.2B","SoldOut":{},"VCPUs":2}] <nil>`)
	equal(t, "request for types", s.Got[0].Body, "")
}

// What the catalogue is asked for may be refused, or answered with something else; both are errors
// and never an empty result.
func TestCatalogue_refusals(t *testing.T) {
	t.Parallel()
	for action, call := range map[string]func(*Client) (any, error){
		"DescribeImages":              func(c *Client) (any, error) { return c.DescribeImages(t.Context(), "IMG-1") },
		"DescribeSecurityGroups":      func(c *Client) (any, error) { return c.DescribeSecurityGroups(t.Context(), "g-1") },
		"DescribeInstanceTypeConfigs": func(c *Client) (any, error) { return c.DescribeInstanceTypeConfigs(t.Context(), "N3.2B") },
	} {
		for want, reply := range map[string]reply{
			"PermissionDenied: lack of policy (request id req-1, HTTP 403)": refuse(403, "PermissionDenied", "lack of policy"),
			"InvalidAction: no (request id req-1, HTTP 200)":                refuse(200, "InvalidAction", "no"),
			"answered with HTML, not JSON (HTTP 200)":                       ok("<html>"),
		} {
			c, _ := client(t, of(reply))
			got, err := call(c)
			equal(t, action+" result", written(t, got), "null")
			equal(t, action+" error", fmt.Sprint(err), action+": "+want)
		}
	}
}

func TestCatalogue_anEmptyIDIsNeverSent(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"ImagesSet":[],"SecurityGroupSet":[],"SubnetSet":[]}`))
	c, _ := client(t, s)
	_, images := c.DescribeImages(t.Context(), "")
	_, groups := c.DescribeSecurityGroups(t.Context(), "g-1", "")
	_, subnets := c.DescribeSubnets(t.Context(), "")
	for what, err := range map[string]error{"images": images, "groups": groups, "subnets": subnets} {
		if !errors.Is(err, ErrEmptyID) {
			t.Errorf("%s: got %v, want %v", what, err, ErrEmptyID)
		}
	}
	equal(t, "requests", len(s.Got), 0)
}
