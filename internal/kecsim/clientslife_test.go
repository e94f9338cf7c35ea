package kecsim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Without an Accept header that asks for JSON, KEC answers in XML where the setting is on.
func TestClients_xml(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.AddInstance(Instance{Name: "a<b>&c", ChargeType: "Spot", SpotPriceLimit: "0.05", ProjectID: ProjectB})
	unasked := func(service, query string) string {
		return me.asks(strings.Replace(get(service, query), "Accept: application/json\n", "", 1))
	}
	const list = "Action=DescribeInstances&InstanceId.1=1a5ce000-0000-4000-8000-000000000001&Version=2016-03-04"
	same(t, "off", unasked("kec", list)[:36], "200 application/json; charset=utf-8\n")
	sim.Update(func(set *Settings) { set.XML = true })
	same(t, "zones", unasked("vpc", "Action=DescribeAvailabilityZones&Version=2016-03-04"), "200 application/xml; charset=utf-8\n"+
		`<?xml version="1.0" encoding="UTF-8"?>`+"\n<DescribeAvailabilityZonesResponse><AvailabilityZoneInfo>"+
		"<Item><AvailabilityZoneName>cn-beijing-6a</AvailabilityZoneName></Item><Item><AvailabilityZoneName>cn-beijing-6b</AvailabilityZoneName></Item>"+
		"<Item><AvailabilityZoneName>cn-beijing-6c</AvailabilityZoneName></Item></AvailabilityZoneInfo>"+
		"<RequestId>0000000a-0000-4000-8000-000000000002</RequestId></DescribeAvailabilityZonesResponse>")
	answer := unasked("kec", list)
	for _, part := range []string{
		"<DescribeInstancesResponse><InstanceCount>1</InstanceCount><InstancesSet><Item>", "<InstanceName>a&lt;b&gt;&amp;c</InstanceName>", "<projectId>100002</projectId>",
		"<spotStrategy>SpotWithPriceLimit</spotStrategy>", "<spotPriceLimit>0.05</spotPriceLimit>", "<SpotRecyclingTime></SpotRecyclingTime>",
		"<InstanceState><Name>active</Name></InstanceState>", "<KeySet></KeySet>", "</Item></InstancesSet><Marker>0</Marker>",
	} {
		if !strings.Contains(answer, part) {
			t.Errorf("the answer lacks %s: %s", part, answer)
		}
	}
	same(t, "error", unasked("kec", "Action=DescribeInstances&Colour=red&Version=2016-03-04"), "400 application/xml; charset=utf-8\n"+
		`<?xml version="1.0" encoding="UTF-8"?>`+"\n<ErrorResponse><Error><Code>InvalidParameter</Code><Message>the parameter Colour is not known to this action</Message>"+
		"<Type>Sender</Type></Error><RequestId>KEC-0000000a-0000-4000-8000-000000000004</RequestId></ErrorResponse>")
	same(t, "asked for", me.asks(get("kec", "Action=DescribeInstances&Version=2016-03-04")),
		"200 "+inJSON+`{"InstanceCount":0,"InstancesSet":[],"Marker":0,"RequestId":"KEC-0000000a-0000-4000-8000-000000000005"}`)
	sim.FailNext("DescribeInstances", Throttled, 1)
	same(t, "fault", unasked("kec", list)[:36], "503 application/xml; charset=utf-8\n<")
}

// The Return of ModifyInstanceAutoDeleteTime is the text of the sample or, with the setting, a
// boolean.
func TestClients_returnAsTextOrBoolean(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{})
	request := form("kec", "ModifyInstanceAutoDeleteTime", "2016-03-04", "AutoDeleteTime=2026-03-02+18%3A00&InstanceId.1="+id)
	same(t, "text", me.asks(request), "200 "+inJSON+`{"RequestId":"KEC-0000000a-0000-4000-8000-000000000001","Return":"true"}`)
	sim.Update(func(set *Settings) { set.ReturnAsBoolean = true })
	same(t, "boolean", me.asks(request), "200 "+inJSON+`{"RequestId":"KEC-0000000a-0000-4000-8000-000000000002","Return":true}`)
}

func TestClients_bodiesOfThrottling(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	for i, c := range []struct {
		fault Fault
		want  string
	}{
		{TooManyRequests, "429 text/plain; charset=utf-8\nToo Many Requests"},
		{BandwidthExceeded, "509 text/plain; charset=utf-8\nBandwidth Limit Exceeded"},
		{TooManyRequestsJSON, "429 " + inJSON + `{"Error":{"Code":"TooManyRequests","Message":"Too many requests.","Type":"Sender"},"RequestId":"KEC-0000000a-0000-4000-8000-000000000003"}`},
		{BandwidthExceededJSON, "509 " + inJSON + `{"Error":{"Code":"BandwidthLimitExceeded","Message":"Bandwidth limit exceeded.","Type":"Receiver"},"RequestId":"KEC-0000000a-0000-4000-8000-000000000004"}`},
	} {
		sim.FailNext("DescribeRegions", c.fault, 1)
		same(t, fmt.Sprint("fault ", i), me.asks(get("kec", "Action=DescribeRegions&Version=2016-03-04")), c.want)
	}
}

// step is a request of the official provider, and what its answer begins with and holds.
type step struct {
	wait                    time.Duration
	method, service, action string
	parameters              string
	begins                  string // without the content type
	holds                   []string
}

// versions are those that the official provider asks for.
var officialVersions = map[string]string{"kec": "2016-03-04", "vpc": "2016-03-04", "tagv2": "2020-09-01", "iam": "2015-11-01"}

// official sends a request as the official provider does: Action and Version in the query and, of a
// POST, in the form once more; iam signed for a region of its own.
func (c *caller) official(s step) string {
	c.t.Helper()
	region, kind := Region, "application/x-www-form-urlencoded; charset=utf-8"
	if s.service == "iam" {
		region = "cn-north-1"
	}
	query := "Action=" + s.action + "&Version=" + officialVersions[s.service]
	body := query + "&" + s.parameters
	switch {
	case strings.HasPrefix(s.parameters, "{"):
		kind, body = "application/json", s.parameters
	case s.method == "GET":
		query, body = body, ""
	}
	now := c.sim.Now()
	got := c.asks(s.method + " /?" + query + " HTTP/1.1\nHost: " + s.service + "." + Region + ".api.ksyun.com\nAccept: application/json\nContent-Type: " + kind +
		"\nUser-Agent: ksc-sdk-go/0.1.48 (go1.20; linux; amd64)\nX-Amz-Date: " + now.Format("20060102T150405Z") +
		"\nAuthorization: AWS4-HMAC-SHA256 Credential=AKLTkecsim/" + now.Format("20060102") + "/" + region + "/" + s.service +
		"/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=?\n\n" + body)
	return strings.Replace(got, " "+inJSON, " ", 1)
}

const (
	theMachine   = "1a5ce000-0000-4000-8000-000000000001"
	theInterface = "21c00000-0000-4000-8000-000000000001"
	theTemplate  = "30de1000-0000-4000-8000-000000000001"
)

// wholeLife are the requests of the official provider's resources for a launch template and an
// instance: create, read, update and delete, with the trial runs that it makes before changes.
func wholeLife() []step {
	read := func(holds ...string) step {
		return step{0, "POST", "kec", "DescribeInstances", "InstanceId.1=" + theMachine + "&Marker=0&MaxResults=200", `200 {"InstanceCount":1,`, holds}
	}
	changed := `200 {"RequestId":"KEC-`
	each := `200 {"InstancesSet":[{"InstanceId":"` + theMachine + `",`
	after := func(wait time.Duration, s step) step { s.wait = wait; return s }
	return []step{
		{0, "POST", "kec", "CreateModel", "ChargeType=Spot&ImageId=" + ImageUbuntu + "&InstanceType=N3.2B&ModelName=workers&SecurityGroupId.1=" + SecurityGroup +
			"&SubnetId=" + SubnetA + "&SyncTag=false&SystemDisk.DiskSize=40&SystemDisk.DiskType=SSD3.0", `200 {"ModelId":"` + theTemplate + `",`, nil},
		{0, "POST", "kec", "DescribeModels", "Marker=0&MaxResults=50&ModelId.1=" + theTemplate, `200 {"InstanceCount":1,"ModelSet":[`, []string{`"ModelName":"workers"`}},
		{0, "POST", "kec", "RunInstances", "DryRun=true&AutoCreateEbs=false&MaxCount=1&MinCount=1&ModelId=" + theTemplate + "&Tag.1.Key=env&Tag.1.Value=test",
			`412 {"Error":{"Code":"DryRunOperation"`, nil},
		{0, "POST", "kec", "RunInstances", "AutoCreateEbs=false&MaxCount=1&MinCount=1&ModelId=" + theTemplate + "&Tag.1.Key=env&Tag.1.Value=test",
			`200 {"InstancesSet":[{"InstanceId":"` + theMachine + `","InstanceName":"KSC-IN-0000000001"}]`, nil},
		after(10*time.Second, read(`"InstanceState":{"Name":"scheduling"}`)),
		after(10*time.Second, read(`"InstanceState":{"Name":"active"}`, `"ChargeType":"Spot"`, `"NetworkInterfaceId":"`+theInterface+`"`, `"SystemDisk":{"DiskId":`)),
		{0, "GET", "vpc", "DescribeNetworkInterfaces", "Filter.1.Name=instance-type&Filter.1.Value.1=kec&NetworkInterfaceId.1=" + theInterface,
			`200 {"NetworkInterfaceSet":[{`, []string{`"DNS1":"198.18.254.30","DNS2":"198.18.254.31"`}},
		{0, "GET", "tagv2", "ListTagsByResourceIds", "ResourceType=instance&ResourceUuids=" + theMachine, `200 {"RequestId":`, []string{`"TagId":1,"TagKey":"env","TagValue":"test"`}},
		{0, "GET", "kec", "ModifyNetworkInterfaceAttribute", "DNS1=10.0.0.1&DNS2=10.0.0.2&InstanceId=" + theMachine + "&NetworkInterfaceId=" + theInterface, changed, []string{`"Return":true`}},
		{0, "GET", "vpc", "DescribeNetworkInterfaces", "Filter.1.Name=instance-type&Filter.1.Value.1=kec&NetworkInterfaceId.1=" + theInterface,
			`200 {"NetworkInterfaceSet":[{`, []string{`"DNS1":"10.0.0.1","DNS2":"10.0.0.2"`}},

		{0, "GET", "iam", "UpdateInstanceProjectId", "InstanceId=" + theMachine + "&ProjectId=100002", `200 {"RequestId":"`, nil},
		{0, "POST", "tagv2", "ReplaceResourcesTags", `{"DryRun":true,"ReplaceTags":[{"ResourceUuids":"` + theMachine + `"}],"ResourceType":"instance","Tag_0_Key":"env","Tag_0_Value":"prod"}`,
			`412 {"Error":{"Code":"DryRunOperation"`, nil},
		{0, "POST", "tagv2", "ReplaceResourcesTags", `{"ReplaceTags":[{"ResourceUuids":"` + theMachine + `"}],"ResourceType":"instance","Tag_0_Key":"env","Tag_0_Value":"prod"}`,
			`200 {"RequestId":"`, []string{`"Result":true`}},
		{0, "GET", "kec", "ModifyInstanceAttribute", "InstanceId=" + theMachine + "&InstanceName=web-1", changed, []string{`"Return":true`}},
		{0, "GET", "kec", "AttachInstancesIamRole", "IamRoleName=reader&InstanceId.1=" + theMachine, "200 {", nil},
		{0, "GET", "kec", "ModifyNetworkInterfaceAttribute", "InstanceId=" + theMachine + "&NetworkInterfaceId=" + theInterface + "&SecurityGroupId.1=" + SecurityGroup2, changed, nil},
		{0, "GET", "kec", "StopInstances", "InstanceId.1=" + theMachine, each, []string{`"Return":true`}},
		after(10*time.Second, read(`"InstanceState":{"Name":"stopped"}`)),
		{0, "GET", "kec", "ModifyInstanceAttribute", "InstanceId=" + theMachine + "&InstancePassword=Secret-123", changed, nil},
		{0, "GET", "kec", "AttachKey", "InstanceId.1=" + theMachine + "&KeyId.1=" + KeyA, each, []string{`"Return":true`}},
		{0, "GET", "kec", "StartInstances", "InstanceId.1=" + theMachine, each, nil},
		after(10*time.Second, read(`"InstanceState":{"Name":"active"}`)),
		{0, "GET", "kec", "ModifyInstanceAttribute", "HostName=web-1&InstanceId=" + theMachine, changed, nil},
		after(10*time.Second, read(`"InstanceState":{"Name":"active"}`)),
		{0, "GET", "kec", "RebootInstances", "InstanceId.1=" + theMachine, each, nil},
		after(10*time.Second, read(`"InstanceState":{"Name":"active"}`, `"HostName":"web-1"`, `"InstanceName":"web-1"`, `"ProjectId":100002`, `"KeySet":["`+KeyA+`"]`, `{"SecurityGroupId":"`+SecurityGroup2+`"}`)),

		{0, "GET", "kec", "TerminateInstances", "ForceDelete=true&InstanceId.1=" + theMachine, each, []string{`"Return":true`}},
		{10 * time.Second, "POST", "kec", "DescribeInstances", "InstanceId.1=" + theMachine + "&Marker=0&MaxResults=200", `200 {"InstanceCount":0,"InstancesSet":[],`, nil},
		{0, "POST", "kec", "TerminateModels", "ModelId.1=" + theTemplate, changed, nil},
		{0, "POST", "kec", "DescribeModels", "Marker=0&MaxResults=50&ModelId.1=" + theTemplate, `200 {"InstanceCount":0,"ModelSet":[],`, nil},
	}
}

func TestClients_wholeLifeByTheOfficialProvider(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	for i, s := range wholeLife() {
		sim.Advance(s.wait)
		got := me.official(s)
		if !strings.HasPrefix(got, s.begins) {
			t.Fatalf("step %d, %s: got %s, want %s", i+1, s.action, got, s.begins)
		}
		for _, part := range s.holds {
			if !strings.Contains(got, part) {
				t.Errorf("step %d, %s: the answer lacks %s: %s", i+1, s.action, part, got)
			}
		}
	}
	same(t, "instances left", len(sim.Instances()), 0)
	same(t, "free addresses", sim.SubnetFree(SubnetA), 250)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 50)
}
