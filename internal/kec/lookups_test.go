package kec

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestQueryInstances(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(ok(`{"RequestId": "7b2d0d8e", "data": {"total": 1, "retResponse": [{
    "instanceId": "5b7f0a52", "status": 3, "statusName": "failed to open",
    "billType": 810, "billTypeName": "Spot", "instanceType": 1, "productGroup": 100, "productType": 58,
    "region": "cn-beijing-6", "createTime": "2026-03-02 17:14:02", "billingBeginTime": "", "iamProjectId": 0, "userId": 73400001}]}}`)))
	got, err := c.QueryInstances(t.Context(), 3, "5b7f0a52")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "records", written(t, got), `[{"BillTypeName":"Spot","CreatedAt":"2026-03-02T09:14:02Z","InstanceID":"5b7f0a52","InstanceType":1,`+
		`"Region":"cn-beijing-6","Status":3,"StatusName":"failed to open"}]`)
	for name, tc := range map[string]struct {
		body string
		want string
	}{
		"upper-first":  {`{"Data":{"Total":"1","RetResponse":[{"InstanceId":"i-1","Status":"3"}]}}`, "1 <nil>"},
		"others":       {`{"data":{"total":2,"retResponse":[{"instanceId":"i-2"},{"instanceId":"I-1"}]}}`, "1 <nil>"},
		"none":         {`{"data":{"total":0,"retResponse":null}}`, "0 <nil>"},
		"none at all":  {`{"data":{"total":0}}`, "0 <nil>"},
		"empty":        {`{}`, "0 QueryInstances: the answer holds no data (HTTP 200)"},
		"no list":      {`{"data":{"total":2}}`, "0 QueryInstances: the answer holds no list of instances (HTTP 200)"},
		"list instead": {`{"data":[]}`, "0 QueryInstances: the answer holds no data (HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, of(ok(tc.body)))
			got, err := c.QueryInstances(t.Context(), 3, "i-1")
			equal(t, "result", fmt.Sprint(len(got), " ", err), tc.want)
		})
	}
}

func TestQueryInstances_pages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		total    bool
		requests int
	}{"total": {true, 3}, "no total": {false, 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{Answer: func(_ int, one sent) reply {
				var q struct{ Page, Size int }
				_ = json.Unmarshal([]byte(one.Body), &q)
				data := map[string]any{}
				list := []map[string]string{}
				for i := (q.Page - 1) * q.Size; i < min(q.Page*q.Size, 21); i++ {
					list = append(list, map[string]string{"instanceId": fmt.Sprintf("i-%04d", i)})
				}
				data["retResponse"] = list
				if tc.total {
					data["total"] = 21
				}
				b, _ := json.Marshal(map[string]any{"data": data})
				return ok(string(b))
			}}
			c, _ := client(t, s)
			got, err := c.QueryInstances(t.Context(), 2, ids(21)...)
			equal(t, "result", fmt.Sprint(len(got), err), "21 <nil>")
			equal(t, "requests", len(s.Got), tc.requests)
			got, err = c.QueryInstances(t.Context(), 2)
			equal(t, "all", fmt.Sprint(len(got), err), "21 <nil>")
			equal(t, "without ids", s.Got[3].Body, `{"page":1,"size":10,"status":2}`)
		})
	}
}

func TestDescribeSpotPriceHistory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"oldest first": {`{"InstanceType":"N3.2B","SpotPrices":[{"SpotPrice":0.0401,"OriginPrice":0.1965,"Timestamp":"2023-09-17 17:00:00"},` +
			`{"SpotPrice":"0.0393","OriginPrice":"0.1965","Timestamp":"2023-09-17 16:00:00"}]}`,
			`[{0.0393 0.1965 2023-09-17 08:00:00 +0000 UTC} {0.0401 0.1965 2023-09-17 09:00:00 +0000 UTC}] <nil>`},
		"odd points": {`{"SpotPrices":[{"OriginPrice":1,"Timestamp":"2023-09-17 17:00:00"},{"SpotPrice":1},7,null,{"SpotPrice":2,"Timestamp":"2023-09-17T16:00:00Z"}]}`,
			`[{2 0 2023-09-17 16:00:00 +0000 UTC}] <nil>`},
		"none":       {`{"SpotPrices":[]}`, `[] <nil>`},
		"null":       {`{"spotprices":null}`, `[] <nil>`},
		"missing":    {`{}`, `[] DescribeSpotPriceHistory: the answer holds no SpotPrices (HTTP 200)`},
		"a bad one":  {`{"SpotPrices":[{}]}`, `[] DescribeSpotPriceHistory: none of the 1 points of the answer has a price and a time (HTTP 200)`},
		"unreadable": {`{"SpotPrices":[{},{}]}`, `[] DescribeSpotPriceHistory: none of the 2 points of the answer has a price and a time (HTTP 200)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.body))
			c, _ := client(t, s)
			got, err := c.DescribeSpotPriceHistory(t.Context(), "N3.2B", "cn-beijing-6a", 3)
			equal(t, "result", fmt.Sprint(got, err), tc.want)
			equal(t, "request", s.Got[0].Body, "AvailabilityZone=cn-beijing-6a&InstanceType=N3.2B")
		})
	}
}

// Every window but the default one is sent, by KEC's clock and in its own way of writing times:
// UTC+8 with a Z. The longest stays within KEC's limit should the clocks differ a little.
func TestDescribeSpotPriceHistory_window(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 20, 30, 0, time.UTC)
	for hours, want := range map[int]string{
		1:  "AvailabilityZone=z&InstanceType=N3.2B&StartTime=2026-03-02T17%3A20%3A30Z",
		3:  "AvailabilityZone=z&InstanceType=N3.2B",
		24: "AvailabilityZone=z&InstanceType=N3.2B&StartTime=2026-03-01T18%3A20%3A30Z",
		72: "AvailabilityZone=z&InstanceType=N3.2B&StartTime=2026-02-27T18%3A21%3A30Z",
	} {
		s := of(ok(`{"SpotPrices":[]}`))
		c, _ := client(t, s, ksyun.WithClock(func() time.Time { return now }, nil))
		if _, err := c.DescribeSpotPriceHistory(t.Context(), "N3.2B", "z", hours); err != nil {
			t.Error(err)
		}
		equal(t, fmt.Sprint(hours, " hours"), s.Got[0].Body, want)
	}
}

func TestDescribeSubnets(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(
		ok(`{"NextToken":"n1","SubnetSet":[{"SubnetId":"s-1","VpcId":"v","SubnetName":"a","CidrBlock":"10.7.0.0/24","SubnetType":"Normal",`+
			`"AvailabilityZoneName":"cn-beijing-6a","AvailableIpNumber":"250"},{"SubnetId":"other"}]}`),
		ok(`{"NextToken":"n2","SubnetSet":[{"subnetId":"s-2","availbleIPNumber":"3"}]}`),
		ok(`{"NextToken":"n1","SubnetSet":[{"SubnetId":"s-2"},{"SubnetId":"s-3","AvailableIpNumber":null,"AvailbleIPNumber":""}]}`),
	))
	got, err := c.DescribeSubnets(t.Context(), "s-1", "s-2", "s-3")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "subnets", written(t, got), `[{"CIDR":"10.7.0.0/24","FreeIPs":250,"ID":"s-1","Name":"a","Type":"Normal","VPCID":"v","Zone":"cn-beijing-6a"},`+
		`{"FreeIPs":3,"ID":"s-2"},{"ID":"s-3"}]`)
	for body, want := range map[string]string{`{"SubnetSet":[]}`: "0 <nil>", `{"SubnetSet":null}`: "0 <nil>",
		`{}`: "0 DescribeSubnets: the answer holds no SubnetSet (HTTP 200)"} {
		s := of(ok(body))
		c, _ := client(t, s)
		got, err := c.DescribeSubnets(t.Context())
		equal(t, body, fmt.Sprint(len(got), " ", err), want)
		equal(t, "request", s.Got[0].Body, "")
	}
}

// Ids of tags are integers (fact 304), or text in other sources; neither is needed.
func TestListTagsByResourceIds_idsAsNumbersAndText(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"7", `"7"`, `"7a900000-0000-4000-8000-000000000007"`, "9007199254740993", "null", "{}"} {
		c, _ := client(t, of(ok(`{"Tags":[{"ResourceUuid":"i-1","TagId":`+id+`,"TagKey":"env","TagValue":"prod"}]}`)))
		got, err := c.ListTagsByResourceIds(t.Context(), "i-1")
		equal(t, id, fmt.Sprintf("%q %v", got, err), `map["i-1":map["env":"prod"]] <nil>`)
	}
}

func TestListTagsByResourceIds(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"Tags":[{"ResourceUuid":"I-1","TagId":7,"TagKey":"env","TagValue":" prod "},{"resourceUuid":"i-1","tagKey":"empty","tagValue":null},{"ResourceUuid":"other","TagKey":"x"},{}]}`))
	c, _ := client(t, s)
	got, err := c.ListTagsByResourceIds(t.Context(), "i-1", "i-2")
	equal(t, "tags", fmt.Sprintf("%q %v", got, err), `map["i-1":map["empty":"" "env":" prod "] "i-2":map[]] <nil>`)
	equal(t, "request", s.Got[0].Body, "ResourceType=instance&ResourceUuids=i-1%2Ci-2")
	for body, want := range map[string]string{`{"Tags":null}`: "map[i-1:map[]] <nil>", `{}`: "map[] ListTagsByResourceIds: the answer holds no Tags (HTTP 200)"} {
		c, _ := client(t, of(ok(body)))
		got, err := c.ListTagsByResourceIds(t.Context(), "i-1")
		equal(t, body, fmt.Sprint(got, err), want)
	}
}

// A stock of none is an answer. One that counts nothing is none, whatever else it holds.
func TestDescribeKecInventory(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"InstanceCount":0}`: "0 <nil>", `{"instancecount":"5"}`: "5 <nil>",
		`{"InstanceCount":null}`: "0 DescribeKecInventory: the answer holds no InstanceCount (HTTP 200)",
		`{"InstanceCount":1.5}`:  "0 DescribeKecInventory: the answer holds no InstanceCount (HTTP 200)",
	} {
		s := of(ok(body))
		c, _ := client(t, s)
		n, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		equal(t, body, fmt.Sprint(n, " ", err), want)
		equal(t, "request", s.Got[0].Body, "AvailabilityZone=z&InstanceType=N3.2B")
	}
}

// The projects of an account are those that have an id. A list that cannot be read is no empty one.
func TestGetAccountAllProjectList(t *testing.T) {
	t.Parallel()
	const none = "[] GetAccountAllProjectList: the answer holds no ProjectList (HTTP 200)"
	for body, want := range map[string]string{
		`{"ListProjectResult":{"ProjectList":[{"ProjectId":0},{"projectId":"42"},{"ProjectName":"x"},null]}}`: "[0 42] <nil>",
		`{"listprojectresult":{"projectlist":[]}}`:                                                            "[] <nil>",
		`{"ListProjectResult":{}}`: none,
		`{"ListProjectResult":[]}`: none,
		`{}`:                       none,
	} {
		s := of(ok(body))
		c, _ := client(t, s)
		projects, err := c.GetAccountAllProjectList(t.Context())
		equal(t, body, fmt.Sprint(projects, " ", err), want)
		equal(t, "request", s.Got[0].URL+" "+s.Got[0].Body, "POST https://iam.api.ksyun.com/?Action=GetAccountAllProjectList&Version=2015-11-01 ")
		equal(t, "nil", projects == nil, err != nil)
	}
}
