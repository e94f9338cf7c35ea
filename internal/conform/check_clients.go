package conform

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// clientChecks are about what other clients in use send and read: whatever they rely on holds at
// KEC, or they would not be in use.
func clientChecks() []check {
	project := func(region string) asker {
		return sends(probe{service: ksyun.IAM, action: "GetAccountAllProjectList", region: region})
	}
	interfaces := []string{"NetworkInterfaceId.1", nobody}
	return []check{
		answers(about(300), "a date with an offset, signed as it is sent", ok, dateWithOffset),
		answers(about(301), "iam GetAccountAllProjectList, signed for cn-north-1", ok, project("cn-north-1")),
		answers(about(301), "iam GetAccountAllProjectList, signed for us-east-1", ok, project("us-east-1")),
		answers(about(302), "Timestamp, SignatureVersion, SignatureMethod and Format beside a signature of version 4", ok, callsKEC("DescribeRegions",
			"Timestamp", "2026-11-25T22:49:21Z", "SignatureVersion", "1.0", "SignatureMethod", "HMAC-SHA256", "Format", "JSON")),
		answers(about(303, 316), "DescribeInstances with a plain Sort", ok, callsKEC("DescribeInstances", "Sort", "CreationDate")),
		shows(about(305, 313), "vpc DescribeNetworkInterfaces of an id that nothing has", "0 in NetworkInterfaceSet",
			calls(ksyun.VPC, "DescribeNetworkInterfaces", interfaces...), countOf("NetworkInterfaceSet", "0 in NetworkInterfaceSet")),
		holdsFields(about(306), "vpc DescribeAvailabilityZones", calls(ksyun.VPC, "DescribeAvailabilityZones"), "AvailabilityZoneInfo.AvailabilityZoneName"),
		holdsFields(about(307), "DescribeModels of an id that nothing has", callsKEC("DescribeModels", "ModelId.1", nobody), "InstanceCount", "ModelSet"),
		shows(about(311), "DescribeModels of an id that nothing has", "0 in ModelSet", callsKEC("DescribeModels", "ModelId.1", nobody), countOf("ModelSet", "0 in ModelSet")),
		{facts: about(311), asks: "TerminateModels of an id that nothing has", expects: "refused", ask: func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.KEC, "TerminateModels", form("ModelId.1", nobody))
			return "answered " + r.String(), r.status >= 400 && r.status < 500, err
		}},
	}
}

// dateWithOffset sends a date as one SDK writes it, with an offset in place of the Z. The signer of
// the others cannot write it so.
func dateWithOffset(ctx context.Context, s *session) (reply, error) {
	return s.probe(ctx, probe{action: "DescribeRegions", unsigned: true, after: func(r *http.Request) {
		date := s.api.Now().UTC().Format("20060102T150405+00:00")
		scope := strings.Join([]string{date[:8], s.Region, string(ksyun.KEC), "aws4_request"}, "/")
		empty := sha256.Sum256(nil)
		canonical := strings.Join([]string{r.Method, "/", r.URL.RawQuery, "host:" + r.URL.Host, "x-amz-date:" + date, "", "host;x-amz-date", hex.EncodeToString(empty[:])}, "\n")
		hash := sha256.Sum256([]byte(canonical))
		key := []byte("AWS4" + s.Keys.SecretKey)
		for part := range strings.SplitSeq(scope, "/") {
			key = hashed(key, part)
		}
		signature := hashed(key, strings.Join([]string{"AWS4-HMAC-SHA256", date, scope, hex.EncodeToString(hash[:])}, "\n"))
		r.Header.Set("X-Amz-Date", date)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.Keys.AccessKey+"/"+scope+", SignedHeaders=host;x-amz-date, Signature="+hex.EncodeToString(signature))
		if s.Keys.SecurityToken != "" {
			r.Header.Set("X-Ksc-Security-Token", s.Keys.SecurityToken)
		}
	}})
}

func hashed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
