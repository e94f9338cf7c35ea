package conform

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// signingChecks are about signatures, good and bad ones.
func signingChecks() []check {
	of := func(change func(p *probe)) asker {
		p := probe{action: "DescribeAvailabilityZones"}
		change(&p)
		return sends(p)
	}
	forged := func(change func(k *ksyun.Credentials)) asker {
		return func(ctx context.Context, s *session) (reply, error) {
			keys := s.Keys
			change(&keys)
			return s.probe(ctx, probe{action: "DescribeAvailabilityZones", keys: keys})
		}
	}
	authorization := func(change func(string) string) asker {
		return of(func(p *probe) {
			p.after = func(r *http.Request) { r.Header.Set("Authorization", change(r.Header.Get("Authorization"))) }
		})
	}
	return []check{
		answers(about(20, 22), "a signature of version 4 in the headers", ok, of(func(*probe) {})),
		answers(about(21, 163), "a scope that names a region which does not exist", mismatch, of(func(p *probe) { p.region = "cn-nowhere-1" })),
		answers(about(21, 163), "a scope that names a service which does not exist", mismatch, scopeOfNobody),
		answers(about(23), "a signature of host and x-amz-date alone", ok, of(func(p *probe) { p.bareHeaders = true })),
		answers(about(24), "a signature in the query, by GET", ok, of(func(p *probe) { p.queryForm, p.method, p.allInQuery = true, http.MethodGet, true })),
		answers(about(25), "a payload that is declared as unsigned", mismatch, of(func(p *probe) { p.payloadHash = "UNSIGNED-PAYLOAD" })),
		answers(about(27), "trade DescribeInstances, signed for cn-beijing-6", ok, sends(probe{
			service: ksyun.Trade, action: "DescribeInstances", form: form("InstanceIds", nobody),
		})),
		answers(about(33), "a request without a signature", "403 MissingAuthenticationToken", of(func(p *probe) { p.unsigned = true })),
		answers(about(33), "a signature by another secret key", mismatch, forged(func(k *ksyun.Credentials) { k.SecretKey += "x" })),
		answers(about(163), "an access key that nobody has", "403 InvalidAccessKeyId", forged(func(k *ksyun.Credentials) { k.AccessKey = "AKLTnobodyhasthiskey000" })),
		answers(about(163), "a security token that is not the key's", "403 InvalidSecurityToken", forged(func(k *ksyun.Credentials) { k.SecurityToken = "nobodyhasthistoken" })),
		answers(about(163), "an Authorization header without its signature", "403 IncompleteSignature", authorization(func(v string) string {
			before, _, _ := strings.Cut(v, "Signature=")
			return before
		})),
		answers(about(163, 254), "a signature from 20 minutes in the future", "403 RequestTimeTooSkewed", of(func(p *probe) { p.ahead = 20 * time.Minute })),
		answers(about(180), "a signature from 10 minutes in the future", ok, of(func(p *probe) { p.ahead = 10 * time.Minute })),
		{facts: about(254), asks: "the Date header of a refused signature", expects: "a date", ask: dateOfRefusal},
	}
}

// scopeOfNobody signs for a service that does not exist. The request goes to KEC's host.
func scopeOfNobody(ctx context.Context, s *session) (reply, error) {
	p := s.complete(probe{action: "DescribeAvailabilityZones"})
	return s.probe(ctx, probe{action: p.action, after: func(r *http.Request) {
		again := p
		again.service = "nothing"
		if signed, err := s.signed(ctx, again, r, nil); err == nil {
			r.Header.Set("Authorization", signed.Header.Get("Authorization"))
		}
	}})
}

func dateOfRefusal(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.probe(ctx, probe{action: "DescribeAvailabilityZones", ahead: 20 * time.Minute})
	if err != nil {
		return "", false, err
	}
	date := r.header.Get("Date")
	_, unreadable := http.ParseTime(date)
	return fmt.Sprintf("Date %q", date), unreadable == nil, nil
}

// errorChecks are about how a call is refused.
func errorChecks() []check {
	shape := "RequestId and Error with Type, Code, Message"
	ids := make([]string, 0, 202)
	for n := 1; n <= 101; n++ {
		ids = append(ids, fmt.Sprintf("InstanceId.%d", n), fmt.Sprintf("%s%03d", nobody[:33], n))
	}
	return []check{
		{facts: about(30), asks: "DescribeInstances with MaxResults=1: the form of the refusal", expects: "400, " + shape, ask: refusalForm("400, " + shape)},
		{facts: about(31), asks: "trade QueryOrderInfo of an order that nobody has: the form of the refusal", expects: "RequestId and Error with Code, Message",
			ask: tradeRefusal},
		answers(about(32, 38), "TerminateInstances of an id that nothing has", unknownID, callsKEC("TerminateInstances", "InstanceId.1", nobody)),
		answers(about(34, 165), "an action that does not exist", "400 INVALID_ACTION", sends(probe{action: "DescribeNothingAtAll", version: "2016-03-04"})),
		answers(about(34), "a version that does not exist", "400 InvalidActionOrVesion", sends(probe{action: "DescribeInstances", version: "1999-01-01"})),
		answers(about(38, 165), "StartInstances without an id", "400 InstanceIdRequired", callsKEC("StartInstances")),
		answers(about(38, 75), "DescribeInstances of 101 ids", "400 InstanceIdLimitExceeded", callsKEC("DescribeInstances", ids...)),
		answers(about(38, 165), "DescribeInstances with MaxResults=1", badValue, callsKEC("DescribeInstances", "MaxResults", "1")),
		{facts: about(166), asks: "the message of that refusal", expects: "it names MaxResults", ask: func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.describe(ctx, "MaxResults", "1")
			return r.message, strings.Contains(r.message, "MaxResults"), err
		}},
		answers(about(165, 170), "DescribeInstances with a parameter that no model knows", badName, callsKEC("DescribeInstances", "Nonsense", "1")),
		answers(about(170), "a Region other than the scope's", badValue, callsKEC("DescribeInstances", "Region", "cn-nowhere-1")),
		answers(about(162), "trade QueryOrderInfo of an order that nobody has", "400 OrderNotExist", calls(ksyun.Trade, "QueryOrderInfo", "orderId", "1")),
		answers(about(167), "a path other than /", "404 NotFound", sends(probe{action: "DescribeRegions", path: "/nothing"})),
		answers(about(167), "the method PUT", "405 MethodNotAllowed", sends(probe{action: "DescribeRegions", method: http.MethodPut})),
		answers(about(235), "StartInstances of an id that nothing has", unknownID, callsKEC("StartInstances", "InstanceId.1", nobody)),
	}
}

func refusalForm(want string) func(context.Context, *session) (string, bool, error) {
	return func(ctx context.Context, s *session) (string, bool, error) {
		r, err := s.describe(ctx, "MaxResults", "1")
		observed := fmt.Sprintf("%d, %s", r.status, errorShape(r))
		return observed, observed == want, err
	}
}

func tradeRefusal(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.call(ctx, ksyun.Trade, "QueryOrderInfo", form("orderId", "1"))
	observed := errorShape(r)
	return observed, observed == "RequestId and Error with Code, Message", err
}
