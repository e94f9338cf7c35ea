package kec

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestCall_wireForm(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","InstanceName":"n"}]}`))
	c, _ := client(t, s, ksyun.WithUserAgent("terraform-provider-kec/1.2.3 (linux)"))
	launch := c.RunInstances(t.Context(), url.Values{"InstanceName": {"a b+c~*"}, "DataDisk.1.Size": {"50"}, "Tag.1.Key": {"环境"}})
	equal(t, "launch", fmt.Sprint(launch), "{[i-1] r <nil> false}")
	got := s.Got[0]
	equal(t, "body", got.Body, "DataDisk.1.Size=50&InstanceName=a%20b%2Bc~%2A&Tag.1.Key=%E7%8E%AF%E5%A2%83")
	equal(t, "action", got.Action+" "+got.Version, "RunInstances 2016-03-04")
	equal(t, "content type", got.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	equal(t, "accept", got.Header.Get("Accept"), "application/json")
	equal(t, "user agent", got.Header.Get("User-Agent"), "terraform-provider-kec/1.2.3 (linux)")
	equal(t, "amz token", got.Header.Get("X-Amz-Security-Token"), testKeys.SecurityToken)
	equal(t, "ksc token", got.Header.Get("X-Ksc-Security-Token"), testKeys.SecurityToken)
	equal(t, "authorization", strings.Split(got.Header.Get("Authorization"), "Signature=")[0],
		"AWS4-HMAC-SHA256 Credential="+testKeys.AccessKey+"/20260302/cn-shanghai-3/kec/aws4_request, "+
			"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-ksc-security-token, ")
}

// What came of a launch: the ids of an answer count whatever else it says, and only a refusal
// without one is certain.
func TestRunInstances_outcomes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		ids   string
		maybe bool
		err   string
	}{
		"one":            {ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1"}]}`), "[i-1]", false, "<nil>"},
		"each once":      {ok(`{"InstancesSet":[{"InstanceId":"i-1"},{"InstanceId":"I-1"},{"InstanceId":""},{},{"InstanceId":"i-2"}]}`), "[i-1 i-2]", false, "<nil>"},
		"no id":          {ok(`{"InstancesSet":[{}]}`), "[]", true, "RunInstances: the answer holds no instance id (HTTP 200)"},
		"refused":        {refuse(400, "ProductSellOutInvalid", "sell out"), "[]", false, "RunInstances: ProductSellOutInvalid: sell out (request id req-1, HTTP 400)"},
		"from behind":    {refuse(400, "ServiceUnavailable", "x"), "[]", true, "kec RunInstances: gave up after 1 try in 0s: RunInstances: ServiceUnavailable: x (request id req-1, HTTP 400)"},
		"not JSON, 400":  {reply{Status: 400, Body: "<html>"}, "[]", false, "RunInstances: answered with HTML, not JSON (HTTP 400)"},
		"not JSON":       {ok("<html>"), "[]", true, "RunInstances: answered with HTML, not JSON (HTTP 200)"},
		"never sent":     {reply{Err: refusedDial}, "[]", false, "kec RunInstances: kec.api.ksyun.com: gave up after 1 try in 0s: dial tcp: connection refused"},
		"lost":           {reply{Err: io.EOF}, "[]", true, "kec RunInstances: kec.api.ksyun.com: gave up after 1 try in 0s: EOF"},
		"cut":            {ok(`{"InstancesSet":[{"InstanceId": "i-1"},{"InstanceId":"i-2","Name":"x"},{"InstanceId":"I-1"},{"Inst`), "[i-1 i-2]", true, "RunInstances: answered with something that is not JSON (HTTP 200), yet the answer holds the id i-1, i-2"},
		"an id in a 400": {reply{Status: 400, Body: `{"Error":{"Code":"C"},"InstancesSet":[{"InstanceId":"i-1"}]}`}, "[i-1]", true, "RunInstances: C (HTTP 400), yet the answer holds the id i-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.reply)
			c, _ := client(t, s, ksyun.WithRetries(0, 0, 0))
			r := c.RunInstances(t.Context(), url.Values{"MinCount": {"1"}})
			equal(t, "ids", fmt.Sprint(r.IDs), tc.ids)
			equal(t, "maybe accepted", r.MaybeAccepted, tc.maybe)
			equal(t, "error", fmt.Sprint(r.Err), tc.err)
			equal(t, "requests", len(s.Got), 1)
			if _, refused := errors.AsType[*ksyun.Error](r.Err); refused && tc.reply.Err != nil {
				t.Errorf("an answer out of nothing: %v", r.Err)
			}
		})
	}
}
