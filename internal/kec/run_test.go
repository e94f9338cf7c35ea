package kec

import (
	"fmt"
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
