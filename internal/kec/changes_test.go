package kec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// changeCase is one call of each action that changes an existing instance, with what it puts on the
// wire and how it is answered.
type changeCase struct {
	call func(context.Context, *Client) error
	url  string
	body string
	how  string // "each": InstancesSet; "all": Return; "tags": Result
	once bool
}

// changeCases are built anew for each test, which may take them apart.
func changeCases() map[string]changeCase {
	text := func(s string) *string { return &s }
	yes, no := true, false
	at := time.Date(2026, 3, 2, 18, 59, 59, 0, time.UTC)
	nic := NIC{ID: "nic-1", Type: "primary", VPCID: "v", SubnetID: "s-1", PrivateIP: "10.7.0.12", SecurityGroupIDs: []string{"old"}}
	modify := func(a InstanceAttributes) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error { return c.ModifyInstanceAttribute(ctx, "i-1", a) }
	}
	kec := func(action string) string {
		return "POST https://kec.api.ksyun.com/?Action=" + action + "&Version=2016-03-04"
	}
	return map[string]changeCase{
		"name": {modify(InstanceAttributes{Name: text("a b+c")}), kec("ModifyInstanceAttribute"), "InstanceId=i-1&InstanceName=a%20b%2Bc", "all", false},
		"host name": {modify(InstanceAttributes{HostName: text("worker-1")}), kec("ModifyInstanceAttribute"),
			"HostName=worker-1&InstanceId=i-1", "all", false},
		"host name with a restart": {modify(InstanceAttributes{HostName: text("worker-1"), Restart: true}), kec("ModifyInstanceAttribute"),
			"HostName=worker-1&InstanceId=i-1&RestartMode=Restart", "all", true},
		"password": {modify(InstanceAttributes{Password: text("Passw0rd&=")}), kec("ModifyInstanceAttribute"),
			"InstanceId=i-1&InstancePassword=Passw0rd%26%3D", "all", false},
		"everything": {modify(InstanceAttributes{Name: text("n"), HostName: text(""), Password: text("Passw0rd"), Restart: true}), kec("ModifyInstanceAttribute"),
			"HostName=&InstanceId=i-1&InstanceName=n&InstancePassword=Passw0rd&RestartMode=Restart", "all", true},
		"delete at": {func(ctx context.Context, c *Client) error {
			return c.ModifyInstanceAutoDeleteTime(ctx, "i-1", &at, nil)
		},
			kec("ModifyInstanceAutoDeleteTime"), "AutoDeleteTime=2026-03-03%2002%3A59&InstanceId.1=i-1", "all", false},
		"delete at, EIP too": {func(ctx context.Context, c *Client) error {
			return c.ModifyInstanceAutoDeleteTime(ctx, "i-1", &at, &yes)
		},
			kec("ModifyInstanceAutoDeleteTime"), "AutoDeleteEip=true&AutoDeleteTime=2026-03-03%2002%3A59&InstanceId.1=i-1", "all", false},
		"delete at, EIP not": {func(ctx context.Context, c *Client) error {
			return c.ModifyInstanceAutoDeleteTime(ctx, "i-1", &at, &no)
		},
			kec("ModifyInstanceAutoDeleteTime"), "AutoDeleteEip=false&AutoDeleteTime=2026-03-03%2002%3A59&InstanceId.1=i-1", "all", false},
		"never delete": {func(ctx context.Context, c *Client) error {
			return c.ModifyInstanceAutoDeleteTime(ctx, "i-1", nil, &yes)
		},
			kec("ModifyInstanceAutoDeleteTime"), "InstanceId.1=i-1", "all", false},
		"protect": {func(ctx context.Context, c *Client) error { return c.SetInstanceResourceProtect(ctx, "i-1", true) },
			kec("SetInstanceResourceProtect"), "InstanceId.1=i-1&IsProtection=true", "all", false},
		"unprotect": {func(ctx context.Context, c *Client) error { return c.SetInstanceResourceProtect(ctx, "i-1", false) },
			kec("SetInstanceResourceProtect"), "InstanceId.1=i-1&IsProtection=false", "all", false},
		"groups": {func(ctx context.Context, c *Client) error {
			return c.ModifyNetworkInterfaceAttribute(ctx, "i-1", nic, []string{"g-2", "g-1"})
		}, kec("ModifyNetworkInterfaceAttribute"),
			"InstanceId=i-1&NetworkInterfaceId=nic-1&SecurityGroupId.1=g-2&SecurityGroupId.2=g-1&SubnetId=s-1", "all", false},
		"groups, subnet unknown": {func(ctx context.Context, c *Client) error {
			return c.ModifyNetworkInterfaceAttribute(ctx, "i-1", NIC{ID: "nic-1"}, []string{"g-1"})
		}, kec("ModifyNetworkInterfaceAttribute"), "InstanceId=i-1&NetworkInterfaceId=nic-1&SecurityGroupId.1=g-1", "all", false},
		"attach": {func(ctx context.Context, c *Client) error { return c.AttachKey(ctx, "i-1", "k-1", "k-2") },
			kec("AttachKey"), "InstanceId.1=i-1&KeyId.1=k-1&KeyId.2=k-2", "each", false},
		"detach": {func(ctx context.Context, c *Client) error { return c.DetachKey(ctx, "i-1", "k-1") },
			kec("DetachKey"), "InstanceId.1=i-1&KeyId.1=k-1", "each", false},
		"start": {func(ctx context.Context, c *Client) error { return c.StartInstances(ctx, "i-1") }, kec("StartInstances"), "InstanceId.1=i-1", "each", false},
		"stop": {func(ctx context.Context, c *Client) error { return c.StopInstances(ctx, "i-1") }, kec("StopInstances"),
			"InstanceId.1=i-1&StoppedMode=KeepCharging", "each", false},
		"reboot": {func(ctx context.Context, c *Client) error { return c.RebootInstances(ctx, "i-1") }, kec("RebootInstances"), "InstanceId.1=i-1", "each", true},
		"tags": {func(ctx context.Context, c *Client) error {
			return c.ReplaceResourcesTags(ctx, "i-1", map[string]string{"env": "prod", "a": "", "环境": `x"<y>`})
		}, "POST https://tagv2.api.ksyun.com/?Action=ReplaceResourcesTags&Version=2020-09-01",
			`{"ResourceType":"instance","Tag_1_Key":"a","Tag_1_Value":"","Tag_2_Key":"env","Tag_2_Value":"prod","Tag_3_Key":"环境",` +
				`"Tag_3_Value":"x\"\u003cy\u003e","ReplaceTags":[{"ResourceUuids":"i-1"}]}`, "tags", false},
		"no tags": {func(ctx context.Context, c *Client) error { return c.ReplaceResourcesTags(ctx, "i-1", nil) },
			"POST https://tagv2.api.ksyun.com/?Action=ReplaceResourcesTags&Version=2020-09-01",
			`{"ResourceType":"instance","ReplaceTags":[{"ResourceUuids":"i-1"}]}`, "tags", false},
		"project": {func(ctx context.Context, c *Client) error { return c.UpdateInstanceProjectId(ctx, "i-1", 42) },
			"POST https://iam.api.ksyun.com/?Action=UpdateInstanceProjectId&Version=2015-11-01", "InstanceId=i-1&ProjectId=42", "all", false},
		"default project": {func(ctx context.Context, c *Client) error { return c.UpdateInstanceProjectId(ctx, "i-1", 0) },
			"POST https://iam.api.ksyun.com/?Action=UpdateInstanceProjectId&Version=2015-11-01", "InstanceId=i-1&ProjectId=0", "all", false},
		"role": {func(ctx context.Context, c *Client) error { return c.AttachInstancesIamRole(ctx, "i-1", "reader") },
			kec("AttachInstancesIamRole"), "IamRoleName=reader&InstanceId.1=i-1", "all", false},
		"no role": {func(ctx context.Context, c *Client) error { return c.DetachInstancesIamRole(ctx, "i-1") },
			kec("DetachInstancesIamRole"), "InstanceId.1=i-1", "all", false},
		"guard": {func(ctx context.Context, c *Client) error { return c.AddVMIntoDataGuard(ctx, "i-1", "d-1") },
			kec("AddVmIntoDataGuard"), "DataGuardId=d-1&InstanceId.1=i-1", "all", false},
		"no guard": {func(ctx context.Context, c *Client) error { return c.RemoveVMFromDataGuard(ctx, "i-1", "d-1") },
			kec("RemoveVmFromDataGuard"), "DataGuardId=d-1&InstanceId.1=i-1", "all", false},
	}
}

// done is an answer that says that it was done, in each way of saying so.
var done = map[string]string{
	"each": `{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":true}]}`,
	"all":  `{"RequestId":"r","Return":true}`,
	"tags": `{"RequestId":"r","Result":true}`,
}

func TestChange_wireForm(t *testing.T) {
	t.Parallel()
	for name, tc := range changeCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(done[tc.how]))
			c, _ := client(t, s)
			if err := tc.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			equal(t, "requests", len(s.Got), 1)
			equal(t, "URL", s.Got[0].URL, tc.url)
			equal(t, "body", s.Got[0].Body, tc.body)
			equal(t, "content type", s.Got[0].Header.Get("Content-Type"),
				map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[tc.how == "tags"])
		})
	}
}

func TestChange_sendsNothingWithoutNeed(t *testing.T) {
	t.Parallel()
	name := "n"
	s := of(ok(`{}`))
	c, _ := client(t, s)
	ctx := t.Context()
	for what, tc := range map[string]struct {
		err  error
		want string
	}{
		"no attributes": {c.ModifyInstanceAttribute(ctx, "i-1", InstanceAttributes{Restart: true}), "<nil>"},
		"attach none":   {c.AttachKey(ctx, "i-1"), "<nil>"},
		"detach none":   {c.DetachKey(ctx, "i-1"), "<nil>"},
		"empty key":     {c.AttachKey(ctx, "i-1", "k", ""), "a key id is empty"},
		"no groups":     {c.ModifyNetworkInterfaceAttribute(ctx, "i-1", NIC{ID: "n"}, nil), "a network interface needs at least one security group"},
		"empty group":   {c.ModifyNetworkInterfaceAttribute(ctx, "i-1", NIC{ID: "n"}, []string{""}), "a security group id is empty"},
		"no interface":  {c.ModifyNetworkInterfaceAttribute(ctx, "i-1", NIC{}, []string{"g"}), "a network interface id is empty"},
		"no id, 1":      {c.ModifyInstanceAttribute(ctx, "", InstanceAttributes{Name: &name}), ErrEmptyID.Error()},
		"no id, 2":      {c.ModifyInstanceAutoDeleteTime(ctx, "", nil, nil), ErrEmptyID.Error()},
		"no id, 3":      {c.SetInstanceResourceProtect(ctx, "", true), ErrEmptyID.Error()},
		"no id, 4":      {c.ModifyNetworkInterfaceAttribute(ctx, "", NIC{ID: "n"}, []string{"g"}), ErrEmptyID.Error()},
		"no id, 5":      {c.AttachKey(ctx, "", "k"), ErrEmptyID.Error()},
		"no id, 6":      {c.RebootInstances(ctx, ""), ErrEmptyID.Error()},
		"no id, 7":      {c.ReplaceResourcesTags(ctx, "", nil), ErrEmptyID.Error()},
		"no id, 8":      {c.UpdateInstanceProjectId(ctx, "", 1), ErrEmptyID.Error()},
		"no id, 9":      {c.DetachInstancesIamRole(ctx, ""), ErrEmptyID.Error()},
		"no id, 10":     {c.RemoveVMFromDataGuard(ctx, "", "d"), ErrEmptyID.Error()},
	} {
		equal(t, what, fmt.Sprint(tc.err), tc.want)
	}
	equal(t, "requests", len(s.Got), 0)
}

// Whatever way an answer has of saying yes, no or nothing.
func TestChange_answers(t *testing.T) {
	t.Parallel()
	const silent = "KEC may have made the change all the same: "
	for name, tc := range map[string]struct{ which, body, want string }{
		"text":            {"start", `{"InstancesSet":[{"InstanceId":"I-1","Return":"true"}]}`, "<nil>"},
		"no":              {"start", `{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":false,"Message":"busy"}]}`, "instance i-1: StartInstances: busy (request id r, HTTP 200)"},
		"no, with a code": {"attach", `{"InstancesSet":[{"InstanceId":"i-1","Return":"false","Code":"InstanceStateNotSupported"}]}`, "instance i-1: AttachKey: InstanceStateNotSupported: refused without a reason (HTTP 200)"},
		"misspelt":        {"stop", `{"InstancesSet":[{"InstanceId":"i-1","Return":"False","Messgae":"not now"}]}`, "instance i-1: StopInstances: not now (HTTP 200)"},
		"said twice":      {"reboot", `{"InstancesSet":[{"InstanceId":"i-1","Return":false,"Message":"no"},{"InstanceId":"i-1","Return":true}]}`, "instance i-1: RebootInstances: no (HTTP 200)"},
		"no Return":       {"detach", `{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1"}]}`, silent + "instance i-1: DetachKey: the answer does not say whether it was done (request id r, HTTP 200)"},
		"another":         {"start", `{"RequestId":"r","Return":true,"InstancesSet":[{"InstanceId":"i-2","Return":true}]}`, silent + "instance i-1: StartInstances: the answer does not mention the instance (request id r, HTTP 200)"},
		"none":            {"stop", `{"RequestId":"r"}`, silent + "instance i-1: StopInstances: the answer does not mention the instance (request id r, HTTP 200)"},

		"top: text":              {"name", `{"Return":"true"}`, "<nil>"},
		"top: number":            {"protect", `{"return":1}`, "<nil>"},
		"top: absent":            {"protect", `{"RequestId":"r"}`, "<nil>"},
		"top: null":              {"name", `{"RequestId":"r","Return":null}`, "<nil>"},
		"top: nothing":           {"name", `{}`, silent + "ModifyInstanceAttribute: the answer does not say whether it was done (HTTP 200)"},
		"top: unreadable":        {"name", `{"RequestId":"r","Return":"maybe"}`, silent + "ModifyInstanceAttribute: the answer does not say whether it was done (request id r, HTTP 200)"},
		"top: no":                {"groups", `{"RequestId":"r","Return":false,"Code":"C","Message":"the group is in another VPC"}`, "ModifyNetworkInterfaceAttribute: C: the group is in another VPC (request id r, HTTP 200)"},
		"top: no, misspelt":      {"groups", `{"Return":"false","Messgae":"no"}`, "ModifyNetworkInterfaceAttribute: no (HTTP 200)"},
		"top: no, mute":          {"protect", `{"Return":false}`, "SetInstanceResourceProtect: refused without a reason (HTTP 200)"},
		"top: not JSON":          {"name", `<html>`, silent + "ModifyInstanceAttribute: answered with HTML, not JSON (HTTP 200)"},
		"top: error in it":       {"name", `{"RequestId":"r","Return":true,"Error":{"Code":"C","Message":"m"}}`, "ModifyInstanceAttribute: C: m (request id r, HTTP 200)"},
		"top: yes and each no":   {"never delete", `{"Return":true,"InstancesSet":[{"InstanceId":"i-1","Return":false,"Message":"no"}]}`, "instance i-1: ModifyInstanceAutoDeleteTime: no (HTTP 200)"},
		"top: yes and each yes":  {"never delete", `{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":true}]}`, "<nil>"},
		"top: yes and each mute": {"unprotect", `{"Return":true,"InstancesSet":[]}`, silent + "instance i-1: SetInstanceResourceProtect: the answer does not mention the instance (HTTP 200)"},

		// What an answer says about another instance puts a refusal of this one in no doubt.
		"no, and another one mute": {"never delete", `{"Return":true,"InstancesSet":[{"InstanceId":"i-2"},{"InstanceId":"i-1","Return":false,"Message":"no"}]}`, "instance i-1: ModifyInstanceAutoDeleteTime: no (HTTP 200)"},

		"tags: text":          {"tags", `{"Result":"true"}`, "<nil>"},
		"tags: absent":        {"tags", `{"RequestId":"r"}`, "<nil>"},
		"tags: no":            {"tags", `{"RequestId":"r","Result":false,"Message":"too many"}`, "ReplaceResourcesTags: too many (request id r, HTTP 200)"},
		"tags: nothing":       {"no tags", `{}`, silent + "ReplaceResourcesTags: the answer does not say whether it was done (HTTP 200)"},
		"iam: id":             {"project", `{"RequestId":"r"}`, "<nil>"},
		"iam: named":          {"project", `{"UpdateInstanceProjectIdResponse":"ok"}`, "<nil>"},
		"iam: no":             {"project", `{"UpdateInstanceProjectIdResponse":"","Return":false}`, "UpdateInstanceProjectId: refused without a reason (HTTP 200)"},
		"iam: nothing":        {"project", `{"x":1}`, silent + "UpdateInstanceProjectId: the answer does not say whether it was done (HTTP 200)"},
		"role: one failed":    {"role", `{"RequestId":"r","FailCount":1,"Results":"no such role"}`, "AttachInstancesIamRole: it has failed for the instance: no such role (request id r, HTTP 200)"},
		"role: none failed":   {"no role", `{"RequestId":"r","FailCount":"0"}`, "<nil>"},
		"role: nothing":       {"role", `{"FailCount":0}`, silent + "AttachInstancesIamRole: the answer does not say whether it was done (HTTP 200)"},
		"guard: yes":          {"guard", `{"RequestId":"r","DataGuardResult":{"Flag":true}}`, "<nil>"},
		"guard: no":           {"no guard", `{"RequestId":"r","DataGuardResult":{"Flag":"false"}}`, "RemoveVmFromDataGuard: refused without a reason (request id r, HTTP 200)"},
		"guard: without flag": {"guard", `{"RequestId":"r","DataGuardResult":{}}`, "<nil>"},
		"guard: nothing":      {"guard", `{}`, silent + "AddVmIntoDataGuard: the answer does not say whether it was done (HTTP 200)"},
		"iam: error in it":    {"project", `{"Error":{"Code":"PermissionDenied"}}`, "UpdateInstanceProjectId: PermissionDenied (HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.body))
			c, _ := client(t, s)
			err := changeCases()[tc.which].call(t.Context(), c)
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "unknown", errors.Is(err, ErrChangeUnknown), strings.HasPrefix(tc.want, silent))
			equal(t, "requests", len(s.Got), 1)
			if _, is := errors.AsType[*ksyun.Error](err); err != nil && !is {
				t.Errorf("no *Error in %v", err)
			}
		})
	}
	// Without Return, only a 200 is a yes.
	c, _ := client(t, of(reply{Status: 202, Body: `{"RequestId":"r"}`}))
	err := c.SetInstanceResourceProtect(t.Context(), "i-1", true)
	equal(t, "202", fmt.Sprint(err), silent+"SetInstanceResourceProtect: the answer does not say whether it was done (request id r, HTTP 202)")
}

// Every change is repeated after a lost answer but those that restart the machine; a state is
// refused once.
func TestChange_retries(t *testing.T) {
	t.Parallel()
	for name, tc := range changeCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			did := ok(done[tc.how])
			for what, replies := range map[string][]reply{
				"lost": {{Err: io.EOF}, did}, "502": {{Status: 502, Body: "<html>"}, did}, "back end": {refuse(400, "ServiceUnavailable", "x"), did},
			} {
				s := of(replies...)
				c, _ := client(t, s)
				err := tc.call(t.Context(), c)
				equal(t, what+": fails", err != nil, tc.once)
				equal(t, what+": unknown", errors.Is(err, ErrChangeUnknown), tc.once)
				equal(t, what+": requests", len(s.Got), map[bool]int{true: 1, false: 2}[tc.once])
			}
			for what, first := range map[string]reply{"throttled": refuse(503, "RequestLimitExceeded", "x"), "no connection": {Err: refusedDial}} {
				s := of(first, did)
				c, _ := client(t, s)
				equal(t, what, fmt.Sprint(tc.call(t.Context(), c)), "<nil>")
				equal(t, what+": requests", len(s.Got), 2)
			}
			for _, r := range []reply{refuse(400, "InstanceStateNotSupported", "x"), refuse(400, "OrderStateNotSupported", "x"), refuse(400, "Payment.CreateOrderFailed", "x"),
				refuse(500, "OperationFailedWithTradeInstanceError", "x")} {
				s := of(r)
				c, _ := client(t, s)
				err := tc.call(t.Context(), c)
				equal(t, "a state: "+fmt.Sprint(err), ksyun.IsStateRefusal(err) && !errors.Is(err, ErrChangeUnknown), true)
				equal(t, "requests", len(s.Got), 1)
			}
			s := of(refuse(400, "InvalidParameterValue", "x"))
			c, _ := client(t, s)
			err := tc.call(t.Context(), c)
			equal(t, "refused: "+fmt.Sprint(err), err == nil || errors.Is(err, ErrChangeUnknown) || ksyun.IsStateRefusal(err), false)
			equal(t, "requests", len(s.Got), 1)
		})
	}
}

func TestChange_inDoubt(t *testing.T) {
	t.Parallel()
	const may = "KEC may have made the change all the same: "
	lost := reply{Err: io.EOF}
	for name, tc := range map[string]struct {
		replies []reply
		want    string
	}{
		// The first start may be why the second is refused.
		"refused after all": {[]reply{lost, refuse(400, "InstanceStateNotSupported", "x")}, may + "StartInstances: InstanceStateNotSupported: x (request id req-1, HTTP 400)"},
		"throttled for good": {[]reply{lost, refuse(503, "RequestLimitExceeded", "x")},
			may + "kec StartInstances: gave up after 4 tries in 0s: StartInstances: RequestLimitExceeded: x (request id req-1, HTTP 503)"},
		"never answered":  {[]reply{lost}, may + "kec StartInstances: kec.api.ksyun.com: gave up after 4 tries in 0s: EOF"},
		"only throttled":  {[]reply{{Status: 429}}, "kec StartInstances: gave up after 4 tries in 0s: StartInstances: answered with an empty body (HTTP 429)"},
		"never connected": {[]reply{{Err: refusedDial}}, "kec StartInstances: kec.api.ksyun.com: gave up after 4 tries in 0s: dial tcp: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, of(tc.replies...))
			err := c.StartInstances(t.Context(), "i-1")
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "unknown", errors.Is(err, ErrChangeUnknown), strings.HasPrefix(tc.want, may))
		})
	}
	for name, left := range map[string]bool{"before it is sent": false, "on the wire": true} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{Answer: func(int, sent) reply { cancel(); return reply{Err: context.Canceled} }}
		if !left {
			cancel()
		}
		c, _ := client(t, s)
		err := c.RebootInstances(ctx, "i-1")
		equal(t, name, fmt.Sprint(errors.Is(err, context.Canceled), errors.Is(err, ErrChangeUnknown)), fmt.Sprint(true, left))
		cancel()
	}
}

// A password is hidden however a service spells it, and so is the value of a tag whose key calls it
// one.
func TestChange_secrets(t *testing.T) {
	t.Parallel()
	const secret = `Passw0rd/+&"<é`
	password := secret
	for name, tc := range map[string]struct {
		call func(context.Context, *Client) error
		body string // must hold the secret in this spelling
	}{
		"password": {func(ctx context.Context, c *Client) error {
			return c.ModifyInstanceAttribute(ctx, "i-1", InstanceAttributes{Password: &password, Restart: true})
		}, strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")},
		"tag": {func(ctx context.Context, c *Client) error {
			return c.ReplaceResourcesTags(ctx, "i-1", map[string]string{"env": "prod", "DB-Password": secret})
		}, strings.Trim(string(kectest.Must(json.Marshal(secret))), `"`)},
	} {
		for kind, answer := range map[string]func(string) reply{
			"refusal": func(echo string) reply { return refuse(400, "C "+echo, "bad: "+echo) },
			"in 200": func(echo string) reply {
				return ok(string(kectest.Must(json.Marshal(map[string]any{"Return": false, "Result": false, "Message": echo}))))
			},
			"id": func(echo string) reply {
				return reply{Status: 400, Body: string(kectest.Must(json.Marshal(map[string]string{"RequestId": echo})))}
			},
			"network": func(echo string) reply { return reply{Err: errors.New("malformed HTTP response: " + echo)} },
			"text":    func(echo string) reply { return reply{Status: 502, Body: echo} },
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				var traced []string
				s := &script{Answer: func(_ int, one sent) reply {
					return answer(secret + " | " + one.Body + " | " + string(kectest.Must(json.Marshal(one.Body))))
				}}
				c, _ := client(t, s, ksyun.WithRetries(0, 0, 0), ksyun.WithTrace(func(_ context.Context, t ksyun.Trace) { traced = append(traced, fmt.Sprintf("%+v", t)) }))
				err := tc.call(t.Context(), c)
				if err == nil || !strings.Contains(s.Got[0].Body, tc.body) {
					t.Fatalf("got %v for %s", err, s.Got[0].Body)
				}
				said := fmt.Sprintf("%v %+v", err, traced)
				if e, ok := errors.AsType[*ksyun.Error](err); ok {
					said += fmt.Sprintf("%#v", e)
				}
				for _, form := range append(kectest.Spellings(secret), secret, tc.body, "Passw0rd") {
					if strings.Contains(strings.ToLower(said), strings.ToLower(form)) {
						t.Errorf("%q is revealed in %s", form, said)
					}
				}
			})
		}
	}
	// Other tags are no secrets.
	c, _ := client(t, of(refuse(400, "C", "production of prod, Tag_1_Value")))
	err := c.ReplaceResourcesTags(t.Context(), "i-1", map[string]string{"env": "prod"})
	equal(t, "readable", fmt.Sprint(err), "ReplaceResourcesTags: C: production of prod, Tag_1_Value (request id req-1, HTTP 400)")
	equal(t, "printed", strings.Contains(fmt.Sprintf("%v %+v %#v", InstanceAttributes{Password: &password}, InstanceAttributes{Password: &password},
		InstanceAttributes{Password: &password}), "Passw0rd"), false)
}
