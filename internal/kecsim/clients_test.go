package kecsim

import (
	"bufio"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
)

// These tests hold requests as clients in use send them, and the answers, as they go over the wire.

// asks sends a request that is written down as it is, but for the signature in place of "?", and
// returns the answer the same way: status, content type and body.
func (c *caller) asks(text string) string {
	c.t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	raw := strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		c.t.Fatal(err)
	}
	auth := r.Header.Get("Authorization")
	if unsigned, missing := strings.CutSuffix(auth, "?"); missing {
		r.Header.Set("Authorization", unsigned+sign(r, auth, body))
	}
	a := c.Send(r)
	return fmt.Sprintf("%d %s\n%s", a.Status, a.Header.Get("Content-Type"), a.Raw)
}

// sign computes a signature by the steps that the documents list, from the headers that auth names.
func sign(r *http.Request, auth, body string) string {
	part := func(from, to string) string {
		_, rest, _ := strings.Cut(auth, from)
		value, _, _ := strings.Cut(rest, to)
		return value
	}
	signed, scope := part("SignedHeaders=", ","), strings.SplitN(part("Credential=", ","), "/", 2)[1]
	query := strings.Split(r.URL.RawQuery, "&")
	slices.SortFunc(query, func(a, b string) int {
		return strings.Compare(strings.Replace(a, "=", "\x00", 1), strings.Replace(b, "=", "\x00", 1))
	}) // by name
	canonical := r.Method + "\n/\n" + strings.Join(query, "&") + "\n"
	for name := range strings.SplitSeq(signed, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + signed + "\n" + hashOf([]byte(body))
	key := []byte("AWS4" + SecretKey)
	for step := range strings.SplitSeq(scope, "/") {
		key = testclient.MAC(key, step)
	}
	return hexOf(testclient.MAC(key, "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+scope+"\n"+hashOf([]byte(canonical))))
}

// in is the head of a request to a service, signed for a region.
func in(service, region string) string {
	return "Host: " + service + ".api.ksyun.com\nAccept: application/json\nX-Amz-Date: 20260302T090000Z\n" +
		"Authorization: AWS4-HMAC-SHA256 Credential=AKLTkecsim/20260302/" + region + "/" + service +
		"/aws4_request, SignedHeaders=host;x-amz-date, Signature=?"
}

// get is a request of a service in Region without a body.
func get(service, query string) string {
	return "GET /?" + query + " HTTP/1.1\n" + in(service, Region) + "\n\n"
}

// form is a request with a form.
func form(service, action, version, body string) string {
	return "POST /?Action=" + action + "&Version=" + version + " HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n" + in(service, Region) + "\n\n" + body
}

const inJSON = "application/json; charset=utf-8\n"

// fails is the answer to a request that is refused for its parameters.
func fails(id, code, message string) string {
	return "400 " + inJSON + `{"Error":{"Code":"` + code + `","Message":"` + message + `","Type":"Sender"},"RequestId":"` + id + `"}`
}

// The signatures are those that the steps of ND's own code give.
func TestClients_dateWithAnOffset(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	regions := `{"RegionSet":[{"Region":"cn-beijing-6","RegionName":"Beijing 6"},{"Region":"cn-shanghai-2","RegionName":"Shanghai 2"}],"RequestId":"KEC-0000000a-0000-4000-8000-00000000000%d"}`
	ask := func(date, signature string) string {
		return me.asks("GET /?Action=DescribeRegions&Version=2016-03-04 HTTP/1.1\nHost: kec.example.test\naccept: application/json\nx-amz-date: " + date +
			"\nAuthorization: AWS4-HMAC-SHA256 Credential=AKLTkecsim/20260302/cn-beijing-6/kec/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + signature + "\n\n")
	}
	for i, c := range []struct{ date, signature string }{
		{"20260302T090000+00:00", "2ccc947dd48d663479794793c137c7f76e5ef8b3358e33cbea66d65dc6d37f98"},
		{"20260302T170000+08:00", "421fbd7f584283ac78157ff8a6d88bc225f7df04d985f545fb2e6ce5bc9df33c"},
		{"20260302T090000Z", "cf60863af00fc65ddedd73806ce0448209e58f4de6a3b10f24d1248f3b2bf64f"},
	} {
		same(t, c.date, ask(c.date, c.signature), "200 "+inJSON+fmt.Sprintf(regions, i+1))
	}
	// The same time in another spelling has another signature.
	same(t, "not as it is sent", ask("20260302T090000+00:00", "cf60863af00fc65ddedd73806ce0448209e58f4de6a3b10f24d1248f3b2bf64f"),
		"403 "+inJSON+`{"Error":{"Code":"SignatureDoesNotMatch","Message":"the signature is not that of this request","Type":"Sender"},"RequestId":"KEC-0000000a-0000-4000-8000-000000000004"}`)
	same(t, "an hour off", ask("20260302T100000+00:00", "?"),
		"403 "+inJSON+`{"Error":{"Code":"RequestTimeTooSkewed","Message":"the request is dated 2026-03-02T10:00:00Z, more than 15 minutes off","Type":"Sender"},"RequestId":"KEC-0000000a-0000-4000-8000-000000000005"}`)
}

func TestClients_iamIsSignedForAnyRegion(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	ask := func(service, region, more string) string {
		return me.asks("GET /?Action=GetAccountAllProjectList&Version=2015-11-01" + more + " HTTP/1.1\n" + in(service, region) + "\n\n")
	}
	for i, region := range []string{"cn-north-1", "us-east-1", "cn-beijing-6"} {
		want := fmt.Sprintf(`{"ListProjectResult":{"ProjectList":[{"ProjectId":0,"ProjectName":"project-0"},{"ProjectId":100002,"ProjectName":"project-100002"}]},"RequestId":"0000000a-0000-4000-8000-00000000000%d"}`, i+1)
		same(t, region, ask("iam", region, "&Region=cn-beijing-6"), "200 "+inJSON+want)
	}
	same(t, "no other service", ask("kec", "us-east-1", ""),
		"403 "+inJSON+`{"Error":{"Code":"SignatureDoesNotMatch","Message":"the credential scope names no region: \"us-east-1\"","Type":"Sender"},"RequestId":"KEC-0000000a-0000-4000-8000-000000000004"}`)
}

func TestClients_idsOfTagsAreIntegers(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	a, b := machine(sim, Instance{Tags: map[string]string{"env": "prod", "team": "core"}}), machine(sim, Instance{Tags: map[string]string{"team": "core"}})
	same(t, "tags", me.asks(form("tagv2", "ListTagsByResourceIds", "2020-09-01", "ResourceType=instance&ResourceUuids="+a+"%2C"+b)),
		"200 "+inJSON+`{"RequestId":"0000000a-0000-4000-8000-000000000001","Tags":[`+
			`{"ResourceUuid":"`+a+`","TagId":1,"TagKey":"env","TagValue":"prod"},{"ResourceUuid":"`+a+`","TagId":2,"TagKey":"team","TagValue":"core"},`+
			`{"ResourceUuid":"`+b+`","TagId":2,"TagKey":"team","TagValue":"core"}]}`)
	me.KEC("RunInstances", spot("Tag.1.Key", "a", "Tag.1.Id", "7")...).OK()
	me.KEC("RunInstances", spot("Tag.1.Key", "a", "Tag.1.Id", "seven")...).Refused(400, "InvalidParameterValue", "Tag.1.Id must be an integer")
}

// The modelled form: the ids of tags with the resources, as a form and as JSON.
func TestClients_replaceTagsByIds(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	a, b := machine(sim, Instance{Tags: map[string]string{"env": "prod", "ksc-own": "1", "team": "core"}}), machine(sim, Instance{})
	done := `200 ` + inJSON + `{"RequestId":"0000000a-0000-4000-8000-00000000000%d","Result":true}`
	same(t, "form", me.asks(form("tagv2", "ReplaceResourcesTags", "2020-09-01",
		"ReplaceTags.0.ResourceUuids="+b+"&ReplaceTags.0.TagIds=1%2C3&ReplaceTags.1.ResourceUuids="+a+"&ReplaceTags.1.TagIds=3&ResourceType=instance")), fmt.Sprintf(done, 1))
	same(t, "tags", me.tags(a)+" and "+me.tags(b), "team=core#3 ksc-own=1#2 and env=prod#1 team=core#3")
	asJSON := strings.Replace(form("tagv2", "ReplaceResourcesTags", "2020-09-01",
		`{"ResourceType":"instance","ReplaceTags":[{"ResourceUuids":"`+b+`","TagIds":"1"}]}`), "x-www-form-urlencoded", "json", 1)
	same(t, "JSON", me.asks(asJSON), fmt.Sprintf(done, 4))
	same(t, "tags", me.tags(b), "env=prod#1")
	// What the official provider sends as JSON is taken as a form, too.
	same(t, "tags in a form", me.asks(form("tagv2", "ReplaceResourcesTags", "2020-09-01",
		"ReplaceTags.1.ResourceUuids="+b+"&ResourceType=instance&Tag_1_Key=env&Tag_1_Value=test")), fmt.Sprintf(done, 6))
	same(t, "tags", me.tags(b), "env=test#4")
	same(t, "KEC's own", me.asks(form("tagv2", "ReplaceResourcesTags", "2020-09-01", "ReplaceTags.1.ResourceUuids="+b+"&ReplaceTags.1.TagIds=2&ResourceType=instance")),
		fails("0000000a-0000-4000-8000-000000000008", "InvalidParameterValue", `ReplaceTags.1.TagIds names \"2\", which is KEC's own`))
	same(t, "none", me.asks(form("tagv2", "ReplaceResourcesTags", "2020-09-01", "ReplaceTags.1.ResourceUuids="+b+"&ReplaceTags.1.TagIds=&ResourceType=instance")),
		fmt.Sprintf(done, 9))
	same(t, "tags", me.tags(b), "")
}

func TestClients_sortIsOneWord(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	for _, name := range []string{"web", "api", "job"} {
		machine(sim, Instance{Name: name})
	}
	names := func(query string) string {
		answer := me.asks(get("kec", "Action=DescribeInstances&Version=2016-03-04&"+query))
		var found []string
		for part := range strings.SplitSeq(answer, `"InstanceName":"`) {
			name, _, _ := strings.Cut(part, `"`)
			found = append(found, name)
		}
		return strings.Join(found[1:], " ")
	}
	same(t, "by name", names("Sort=InstanceName"), "api job web")
	same(t, "by creation", names("Sort=CreationDate"), "web api job")
	same(t, "with a direction", names("Sort=InstanceName&Sort.Value=DESC"), "web job api")
	same(t, "both", names("Sort=CreationDate&Sort.Name=InstanceName"), "api job web")
	same(t, "another word", me.asks(get("kec", "Action=DescribeInstances&Version=2016-03-04&Sort=Colour")),
		fails("KEC-0000000a-0000-4000-8000-000000000005", "InvalidParameterValue", `Sort must be one of InstanceName, CreationDate, PrivateIpAddress, not \"Colour\"`))
}

func TestClients_vpcZones(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	same(t, "zones", me.asks(get("vpc", "Action=DescribeAvailabilityZones&Version=2016-03-04")), "200 "+inJSON+
		`{"AvailabilityZoneInfo":[{"AvailabilityZoneName":"cn-beijing-6a"},{"AvailabilityZoneName":"cn-beijing-6b"},{"AvailabilityZoneName":"cn-beijing-6c"}],"RequestId":"0000000a-0000-4000-8000-000000000001"}`)
}

func TestClients_vpcInterfaces(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{Secondary: []NetworkInterface{{SecurityGroupIDs: []string{SecurityGroup2}, DNS1: "10.0.0.1"}}})
	machine(sim, Instance{SubnetID: SubnetB})
	machine(sim, Instance{SubnetID: subnet2A}) // in another region
	first := `{"AssignedPrivateIpAddressSet":[],"AvailabilityZoneName":"cn-beijing-6a","CidrBlock":"10.7.0.0/24","CreateTime":"2026-03-02 17:00:00","DNS1":"198.18.254.30","DNS2":"198.18.254.31",` +
		`"InstanceId":"` + id + `","InstanceType":"kec","MacAddress":"fa:16:3e:00:00:01","NetworkInterfaceId":"21c00000-0000-4000-8000-000000000001","NetworkInterfaceName":"",` +
		`"NetworkInterfaceType":"primary","PrivateIpAddress":"10.7.0.2","SecurityGroupId":"` + SecurityGroup + `","SecurityGroupSet":[{"SecurityGroupId":"` + SecurityGroup +
		`","SecurityGroupName":"default"}],"SubnetId":"` + SubnetA + `","SubnetName":"app-a","VpcId":"` + VPC + `","VpcName":"vpc-beijing"}`
	// As the official provider asks at every refresh.
	same(t, "one", me.asks(get("vpc", "Action=DescribeNetworkInterfaces&Filter.1.Name=instance-type&Filter.1.Value.1=kec&NetworkInterfaceId.1=21c00000-0000-4000-8000-000000000001&Version=2016-03-04")),
		"200 "+inJSON+`{"NetworkInterfaceSet":[`+first+`],"NextToken":"","RequestId":"0000000a-0000-4000-8000-000000000001","TotalCount":1}`)
	for filter, want := range map[string]int{
		"vpc-id " + VPC: 3, "subnet-id " + SubnetA: 2, "securitygroup-id " + SecurityGroup2: 1, "instance-type epc": 0, "instance-id " + id: 2, "private-ip-address 10.7.1.2": 1,
		"availability-zone-name cn-beijing-6b": 1, "networkInterface-type extension": 1,
	} {
		name, value, _ := strings.Cut(filter, " ")
		out := me.Call("vpc", "DescribeNetworkInterfaces", "2016-03-04", "Filter.1.Name", name, "Filter.1.Value.1", value).OK()
		same(t, filter, out.JSON["TotalCount"], any(float64(want)))
	}
	page := me.Call("vpc", "DescribeNetworkInterfaces", "2016-03-04", "MaxResults", "5", "NextToken", "1").OK()
	same(t, "second page", len(page.JSON["NetworkInterfaceSet"].([]any)), 2)
	same(t, "name server of its own", page.JSON["NetworkInterfaceSet"].([]any)[0].(map[string]any)["DNS1"], any("10.0.0.1"))
	launched := me.launch()[0]
	one := []string{"Filter.1.Name", "instance-id", "Filter.1.Value.1", launched}
	same(t, "not shown yet", me.Call("vpc", "DescribeNetworkInterfaces", "2016-03-04", one...).OK().JSON["TotalCount"], any(0.0))
	sim.Advance(3 * time.Second)
	same(t, "with its instance", me.Call("vpc", "DescribeNetworkInterfaces", "2016-03-04", one...).OK().JSON["TotalCount"], any(1.0))
}

// Clients add the fields of the older scheme to requests that they sign by the newer one.
func TestClients_fieldsOfTheOlderScheme(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	older := "Format=json&SignatureMethod=HMAC-SHA256&SignatureVersion=1.0&Timestamp=2026-03-02T09%3A00%3A00Z"
	for service, actions := range sim.Overview().Actions {
		for _, action := range actions {
			for version := range services[service][action] {
				plain := me.Call(service, action, version)
				with := me.Send(me.Request(service, action, version, older))
				same(t, service+" "+action, fmt.Sprint(with.Status, with.Code(), with.Message()), fmt.Sprint(plain.Status, plain.Code(), plain.Message()))
			}
		}
	}
	sim, me = newWorld(t)
	same(t, "in the query", me.asks(get("kec", "Action=DescribeInstances&"+older+"&Version=2016-03-04")),
		"200 "+inJSON+`{"InstanceCount":0,"InstancesSet":[],"Marker":0,"RequestId":"KEC-0000000a-0000-4000-8000-000000000001"}`)
	same(t, "calls", sim.Count("DescribeInstances"), 1)
}

func TestClients_monthlyAddressNeedsItsMonths(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	launch := "AddressBandWidth=5&AddressChargeType=PrePaidByMonth&ChargeType=Spot&ImageId=" + ImageUbuntu + "&InstanceType=N3.2B&LineId=l&MaxCount=1&MinCount=1&SecurityGroupId.1=" + SecurityGroup + "&SubnetId=" + SubnetA
	same(t, "without", me.asks(form("kec", "RunInstances", "2016-03-04", launch)),
		fails("KEC-0000000a-0000-4000-8000-000000000001", "InvalidParameter", "the parameter AddressPurchaseTime is required with AddressChargeType PrePaidByMonth"))
	same(t, "with", me.asks(form("kec", "RunInstances", "2016-03-04", launch+"&AddressPurchaseTime=1")), "200 "+inJSON+
		`{"InstancesSet":[{"InstanceId":"1a5ce000-0000-4000-8000-000000000001","InstanceName":"KSC-IN-0000000001"}],"RequestId":"KEC-0000000a-0000-4000-8000-000000000002"}`)
}

// addTemplate adds the launch template of these tests.
func addTemplate(t *testing.T, sim *Server, parameters map[string]string) string {
	t.Helper()
	const id = "3f0d6229-ed2d-4c9c-8554-b9433517cf8b"
	if err := sim.AddModel(Model{ID: id, Name: "workers", Parameters: parameters}); err != nil {
		t.Fatal(err)
	}
	return id
}

// template is what the launch template of these tests holds.
func template(pairs ...string) map[string]string {
	all := map[string]string{
		"ImageId": ImageUbuntu, "InstanceType": TypeSmall, "SubnetId": SubnetA, "SecurityGroupId.1": SecurityGroup, "ChargeType": "Spot",
		"InstanceName": "worker-", "Tag.1.Key": "env", "Tag.1.Value": "prod", "Tag.1.Id": "7",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

func TestClients_launchTemplateAlone(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := addTemplate(t, sim, template())
	same(t, "launch", me.asks(get("kec", "Action=RunInstances&ModelId="+id+"&Version=2016-03-04")), "200 "+inJSON+
		`{"InstancesSet":[{"InstanceId":"1a5ce000-0000-4000-8000-000000000001","InstanceName":"worker-"}],"RequestId":"KEC-0000000a-0000-4000-8000-000000000001"}`)
	in := sim.Instances()[0]
	same(t, "instance", fmt.Sprint(in.Type, " ", in.ChargeType, " ", in.SpotStrategy, " ", in.Zone, " ", in.Tags), "N3.2B Spot SpotAsPriceGo cn-beijing-6a map[env:prod]")
	same(t, "unknown", me.asks(get("kec", "Action=RunInstances&ModelId=nobody&Version=2016-03-04")),
		fails("KEC-0000000a-0000-4000-8000-000000000002", "InvalidParameterValue", "ModelId nobody does not exist in cn-beijing-6"))
	same(t, "unknown version", me.asks(get("kec", "Action=RunInstances&ModelId="+id+"&ModelVersion=2&Version=2016-03-04")),
		fails("KEC-0000000a-0000-4000-8000-000000000003", "InvalidParameterValue", "ModelVersion 2 does not exist: ModelId "+id+" has 1"))
	same(t, "version alone", me.asks(get("kec", "Action=RunInstances&ModelVersion=1&Version=2016-03-04")),
		fails("KEC-0000000a-0000-4000-8000-000000000004", "InvalidParameter", "the parameter ImageId is required"))
	me.KEC("RunInstances", spot("ModelVersion", "1")...).Refused(400, "InvalidParameterValue", "ModelVersion is only allowed with ModelId")
}

// The template goes before the request, and the request fills in what the template leaves open.
func TestClients_launchTemplateAndMore(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := addTemplate(t, sim, template("SystemDisk.DiskSize", "60"))
	addTemplate(t, sim, map[string]string{"ChargeType": "Spot", "ImageId": ImageUbuntu}) // the second version
	me.KEC("RunInstances", "ModelId", id, "MinCount", "2", "MaxCount", "2", "InstanceNameSuffix", "5", "InstanceType", TypeLarge, "InstanceName", "other",
		"SystemDisk.DiskType", "ESSD_PL1", "SystemDisk.DiskSize", "40", "Tag.1.Key", "a", "Tag.2.Key", "b",
		"DataDisk.0.Type", "EHDD", "DataDisk.0.Size", "50", "SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.05").OK()
	all := sim.Instances()
	same(t, "instances", len(all), 2)
	in := all[1]
	same(t, "from the template", fmt.Sprint(in.Name, " ", in.Type, " ", in.SystemDisk.SizeGB, " ", in.Tags), "worker-6 N3.2B 60 map[env:prod]")
	same(t, "from the request", fmt.Sprint(in.SystemDisk.Type, " ", in.DataDisks[0].Type, " ", in.SpotPriceLimit), "ESSD_PL1 EHDD 0.05")
	me.KEC("RunInstances", "ModelId", id, "ModelVersion", "2").Refused(400, "InvalidParameter", "the parameter SubnetId is required")
	me.KEC("RunInstances", "ModelId", id, "ModelVersion", "2", "SubnetId", SubnetA, "SecurityGroupId.1", SecurityGroup, "InstanceType", TypeLarge).OK()
	same(t, "by the second version", sim.Instances()[2].Type, TypeLarge)
	me.Region = Region2
	me.KEC("RunInstances", "ModelId", id).Refused(400, "InvalidParameterValue", "does not exist in cn-shanghai-2")
	for wrong, want := range map[string]string{"Colour": "the parameter Colour is not known to this action", "MinCount": "the parameter MinCount is not known", "ImageId": "ImageId must be an identifier"} {
		if err := sim.AddModel(Model{ID: "m", Parameters: map[string]string{wrong: "1"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", wrong, err, want)
		}
	}
}

func TestClients_launchTemplates(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	made := me.asks(form("kec", "CreateModel", "2016-03-04", "ChargeType=Spot&ImageId="+ImageUbuntu+"&InstanceType=N3.2B&IsDistributeIpv6=true&ModelName=workers"+
		"&NetworkInterface.1.SecurityGroupId.1="+SecurityGroup2+"&NetworkInterface.1.SubnetId="+SubnetA+
		"&DataDisk.1.DeleteWithInstance=true&DataDisk.1.Size=50&DataDisk.1.SnapshotName=s&DataDisk.1.Type=EHDD"+
		"&AllocateAddress=false&LineId=l&SecurityGroupId.1="+SecurityGroup+"&SubnetId="+SubnetA+"&SyncTag=true&SystemDisk.DiskSize=40&SystemDisk.DiskType=SSD3.0&Tag.1.Id=7&Tag.1.Key=env&Tag.1.Value=prod"))
	same(t, "made", made, "200 "+inJSON+`{"ModelId":"30de1000-0000-4000-8000-000000000001","RequestId":"KEC-0000000a-0000-4000-8000-000000000001"}`)
	shown := `{"AvailabilityZone":"cn-beijing-6a","AvailabilityZoneName":"cn-beijing-6a","ChargeType":"Spot","CreateTime":"2026-03-02 17:00:00",` +
		`"DataDiskSet":[{"DeleteWithInstance":true,"Size":50,"SnapshotId":"","Type":"EHDD"}],"FailureAutoDelete":false,"ImageId":"` + ImageUbuntu + `","InstanceType":"N3.2B",` +
		`"ModelId":"30de1000-0000-4000-8000-000000000001","ModelName":"workers","ModifiedTime":"2026-03-02 17:00:00",` +
		`"NetworkInterfaceSet":[{"PrivateIpAddress":"","SecurityGroupIdSet":[{"SecurityGroupId":"` + SecurityGroup2 + `"}],"SubnetId":"` + SubnetA + `"}],"SecurityGroupId":"` + SecurityGroup +
		`","SubnetId":"` + SubnetA + `","SyncTag":true,"SystemDisk":{"DiskSize":"40","DiskType":"SSD3.0"},"TagSet":[{"Id":7,"Key":"env","Value":"prod"}]}`
	same(t, "shown", me.asks(get("kec", "Action=DescribeModels&Marker=0&MaxResults=50&ModelId.1=30de1000-0000-4000-8000-000000000001&Version=2016-03-04")),
		"200 "+inJSON+`{"InstanceCount":1,"ModelSet":[`+shown+`],"RequestId":"KEC-0000000a-0000-4000-8000-000000000002"}`)
	same(t, "name taken", me.asks(form("kec", "CreateModel", "2016-03-04", "ModelName=workers")),
		fails("KEC-0000000a-0000-4000-8000-000000000003", "InvalidParameterValue", `ModelName \"workers\" is taken`))
	me.KEC("CreateModel", "ModelName", "later", "DryRun", "true").Refused(412, "DryRunOperation")
	me.Launch([]string{"ModelId", "30de1000-0000-4000-8000-000000000001"})
	in := sim.Instances()[0]
	same(t, "instance", fmt.Sprint(in.DistributeIPv6, " ", in.EIPID == "", " ", len(in.Secondary), " ", in.DataDisks[0].SizeGB), "true true 1 50")
	same(t, "gone", me.asks(get("kec", "Action=TerminateModels&ModelId.1=30de1000-0000-4000-8000-000000000001&Version=2016-03-04")),
		"200 "+inJSON+`{"RequestId":"KEC-0000000a-0000-4000-8000-000000000006"}`)
	same(t, "gone already", me.asks(get("kec", "Action=TerminateModels&ModelId.1=30de1000-0000-4000-8000-000000000001&Version=2016-03-04")),
		fails("KEC-0000000a-0000-4000-8000-000000000007", "InvalidParameterValue", "ModelId.1 30de1000-0000-4000-8000-000000000001 does not exist in cn-beijing-6"))
	same(t, "none", me.asks(get("kec", "Action=DescribeModels&Version=2016-03-04")),
		"200 "+inJSON+`{"InstanceCount":0,"ModelSet":[],"RequestId":"KEC-0000000a-0000-4000-8000-000000000008"}`)
	same(t, "instances", len(sim.Instances()), 1)
}
