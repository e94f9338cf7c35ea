package kec

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestError_text(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Error{
		"RunInstances: C: two lines (request id r, HTTP 400)":  {Action: "RunInstances", Code: "C", Message: "two\n lines", RequestID: "r", Status: 400},
		"RunInstances: refused without a reason (HTTP 500)":    {Action: "RunInstances", Status: 500},
		"RunInstances: only a message (HTTP 200)":              {Action: "RunInstances", Message: "only a message", Status: 200},
		"RunInstances: OnlyACode (request id q-004, HTTP 403)": {Action: "RunInstances", Code: "OnlyACode", RequestID: "q-004", Status: 403},
	} {
		equal(t, "text", e.Error(), want)
	}
}

func TestIsStateRefusal(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"InstanceStateNotSupported": true, "instancestatenotsupported": true, "InstanceStateNotSupportedReboot": true, "OrderStateNotSupported": true,
		"ReservePreMigrateQueueNotSupportStartInstance": true, "Payment.CreateOrderFailed": true, "OperationFailedWithTradeInstanceError": true,
		"": false, "InstanceStateNotSupportedX": false, "XOrderStateNotSupported": false, "CreateOrderFailed": false, "ProductSellOutInvalid": false,
		"InvalidParameterValue": false, "ServiceUnavailable": false, "CheckInstanceTradeStatusAndChargeTypeIsX": false,
	} {
		err := fmt.Errorf("instance i-1: %w", &Error{Code: code, Message: "InstanceStateNotSupported", Status: 400})
		equal(t, code, IsStateRefusal(err), want)
		equal(t, code+" in doubt", IsStateRefusal(fmt.Errorf("%w: %w", ErrChangeUnknown, err)), want)
	}
	equal(t, "nil", IsStateRefusal(nil), false)
	equal(t, "no refusal", IsStateRefusal(errors.New("InstanceStateNotSupported")), false)
}

func TestParamNamed(t *testing.T) {
	t.Parallel()
	sent := url.Values{
		"InstanceType": {"x"}, "ImageId": {"x"}, "DataDisk.1.Size": {"x"}, "DataDisk.10.Size": {"x"}, "DataDisk.2.Type": {"x"}, "SecurityGroupId.1": {"x"},
		"SecurityGroupId.2": {"x"}, "SpotPriceLimit": {"x"}, "SystemDisk.DiskSize": {"x"}, "InstanceName": {"x"}, "InstanceNameSuffix": {"x"},
	}
	for message, want := range map[string]string{
		"":                                                    "",
		"SpotPriceLimit is out of range":                      "SpotPriceLimit",
		"the value of spotpricelimit is wrong.":               "SpotPriceLimit",
		"DataDisk.1.Size must be at least 10":                 "DataDisk.1.Size",
		"wrong: DataDisk.10.Size.":                            "DataDisk.10.Size",
		"InstanceNameSuffix needs InstanceName":               "InstanceNameSuffix",
		"参数InstanceType无效":                                    "InstanceType",
		"MyImageId is wrong":                                  "",
		"ImageIds are wrong":                                  "",
		"ImageId_x":                                           "",
		"SecurityGroupId is not in the VPC":                   "SecurityGroupId.1",
		"DataDisk.Type is wrong":                              "DataDisk.2.Type",
		"DataDisk.Size is wrong":                              "DataDisk.1.Size",
		"DataDisk.3.Size is wrong":                            "",
		"The parameter 'KeyId.1' is wrong":                    "KeyId.1",
		"Invalid parameter: subnetId":                         "subnetId",
		"a parameter is missing":                              "",
		"parameters of the request":                           "",
		"parameter HostName conflicts with SpotPriceLimit":    "SpotPriceLimit",
		"Missing parameter AvailabilityZone, please check it": "AvailabilityZone",
	} {
		equal(t, message, paramNamed(message, sent), want)
	}
	c, _ := client(t, of(refuse(400, "InvalidParameterValue", "SpotPriceLimit 0.02 is under the price")))
	_, err := c.RunInstances(t.Context(), sent)
	e, _ := errors.AsType[*Error](err)
	if e == nil || e.Param != "SpotPriceLimit" {
		t.Errorf("got %#v", e)
	}
}

// A service, or a proxy, that echoes the request in any spelling reveals nothing.
func TestSecrets_neverEchoed(t *testing.T) {
	t.Parallel()
	const password = `Passw0rd/+&"<é`
	const startup = "#!/bin/sh\necho \"topsecretvalue\" > /etc/x\n"
	userData := base64.StdEncoding.EncodeToString([]byte(startup))
	params := url.Values{"InstancePassword": {password}, "UserData": {userData}, "InstanceName": {"worker"}}
	spellings := func(v string) []string {
		q, _ := json.Marshal(v)
		return []string{
			v, url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(url.QueryEscape(v), "+", "%20"), strings.ToLower(url.QueryEscape(v)),
			base64.StdEncoding.EncodeToString([]byte(v)), base64.URLEncoding.EncodeToString([]byte(v)),
			base64.RawStdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)), html.EscapeString(v), strings.Trim(string(q), `"`),
		}
	}
	var forbidden []string
	for _, v := range []string{testAccess, testSecret, testToken, password, userData, startup} {
		forbidden = append(forbidden, spellings(v)...)
	}
	forbidden = append(forbidden, `echo "topsecretvalue" > /etc/x`)
	echo := func(one sent) string {
		_, signature, _ := strings.Cut(one.Header.Get("Authorization"), "Signature=")
		return "bad request: " + strings.Join(forbidden, " | ") + " | " + signature + " | " + one.Body
	}
	for name, answer := range map[string]func(one sent) reply{
		"refusal": func(one sent) reply { return refuse(400, "C "+echo(one), echo(one)) },
		"request id": func(one sent) reply {
			b, _ := json.Marshal(map[string]any{"RequestId": echo(one), "code": echo(one), "message": echo(one), "codeDesc": echo(one) + "x"})
			return reply{status: 503, body: string(b)}
		},
		"network": func(one sent) reply { return reply{err: errors.New("malformed HTTP response: " + echo(one))} },
		"text":    func(one sent) reply { return reply{status: 502, body: echo(one)} },
		"HTML":    func(one sent) reply { return reply{status: 502, body: "<html>" + echo(one)} },
		"cut":     func(one sent) reply { return ok(`{"x":"` + echo(one)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var traced []string
			s := &script{answer: func(_ int, one sent) reply { return answer(one) }}
			c, _ := client(t, s, WithTrace(func(_ context.Context, t Trace) { traced = append(traced, fmt.Sprintf("%+v", t)) }))
			_, err := c.RunInstances(t.Context(), params)
			said := fmt.Sprintf("%v %+v", err, traced)
			for e := err; e != nil; e = errors.Unwrap(e) {
				said += " " + e.Error()
			}
			if e, ok := errors.AsType[*Error](err); ok {
				said += fmt.Sprintf("%#v", e)
			}
			_, signature, _ := strings.Cut(s.got[0].Header.Get("Authorization"), "Signature=")
			for _, v := range slices.Concat(forbidden, []string{signature}) {
				if strings.Contains(said, v) {
					t.Errorf("%q is revealed", v)
				}
			}
			if len(traced) != 1 {
				t.Errorf("got %d traces", len(traced))
			}
		})
	}
}

func TestScrub_leavesTheRest(t *testing.T) {
	t.Parallel()
	var h hidden
	h.add("secret-1", "abc")
	h.addUserData(base64.StdEncoding.EncodeToString([]byte("hi")))
	equal(t, "scrubbed", h.scrub("abc hi secret-1, SECRET, SeCreT-1"), "abc hi (hidden), SECRET, (hidden)")
	equal(t, "nothing to hide", new(hidden).scrub("as it is"), "as it is")
}

func TestClean_cutsEndlessMessages(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(refuse(http.StatusBadRequest, "C", strings.Repeat("长", 100000))))
	_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	if n := len(err.Error()); n > longest+200 {
		t.Errorf("the error has %d bytes", n)
	}
}
