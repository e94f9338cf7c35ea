package kec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// answers are the shapes of an answer that are known, of any action, good ones and bad (API notes, 1.5, 2.1 to 2.5).
var answers = []string{
	``, ` `, `{}`, `[]`, `null`, `7`, `"x"`, `{`, `{"a":`, "\xef\xbb\xbf{}", "<html>404</html>", `<?xml version="1.0"?><Error/>`, "\x00\xff", `{"RequestId":null}`,
	`{"RequestId":"a","Error":{"Type":"Sender","Code":"InvalidParameterValue","Message":"SpotPriceLimit is out of range"}}`,
	`{"RequestId":"a","Error":{"Code":"C","Message":"m"}}`, `{"requestid":"a","error":{"code":"C","message":"m"}}`,
	`{"RequestId":"a","Error":{"Code":"C","InnerCode":"D","Message":["m"]}}`, `{"code":40001,"message":"m","codeDesc":"d"}`, `{"Error":"broken"}`, `{"Error":false}`,
	`{"Error":{"Code":"RequestLimitExceeded"}}`, `{"Error":{"Code":{"Code":"x"}}}`, `{"RequestId":"KEC-0b2d6b0e-6a6d-4a0c-9f0e-5d1f5f7c2a11004","Return":"true"}`,
	`{"Return":true}`, `{"Result":false,"Message":"no"}`, `{"InstancesSet":[{"InstanceId":"i-1","Return":true}]}`,
	`{"InstancesSet":[{"InstanceId":"I-1","Return":"false","Messgae":"no"},{"InstanceId":"i-2"}]}`,
	`{"InstancesSet":[]}`, `{"InstancesSet":null}`, `{"InstancesSet":""}`, `{"InstancesSet":{}}`, `{"InstancesSet":[null,7,{},[]]}`, `{"InstanceCount":0,"InstancesSet":[]}`,
	`{"InstanceCount":1,"Marker":0,"InstancesSet":[]}`, `{"InstanceCount":"9","InstancesSet":[]}`, `{"InstancesSet":[{"InstanceId":"i-1","InstanceName":"n"}]}`,
	`{"InstancesSet":[{"InstanceId":"i-1","Insta`, `{"instancesset":[{"instanceid":7}]}`, `{"InstanceCount":1,"InstancesSet":[` + documentedInstance + `]}`,
	`{"Tags":[{"ResourceUuid":"i-1","TagId":7,"TagKey":"env","TagValue":"prod"}]}`, `{"Tags":[{"ResourceUuid":"I-1","TagKey":"kec-launch-mark","TagValue":null}]}`, `{"Tags":null}`, `{"tags":{}}`,
	`{"SubnetSet":[{"SubnetId":"s-1","VpcId":"v","AvailableIpNumber":"250","AvailbleIPNumber":3}],"NextToken":"n"}`, `{"SubnetSet":[{"subnetId":["x"]},null]}`,
	`{"SecurityGroupSet":[{"SecurityGroupId":"g-1","VpcId":"v","SecurityGroupName":"n"}]}`, `{"SecurityGroupSet":7}`,
	`{"InstanceType":"N3.2B","SpotPrices":[{"SpotPrice":0.0393,"OriginPrice":0.1965,"Timestamp":"2023-09-17 16:00:00"},{"SpotPrice":"1e999999999","Timestamp":0}]}`,
	`{"SpotPrices":[{"SpotPrice":"","Timestamp":"2023-09-17T16:00:00Z"},{"SpotPrice":-1,"Timestamp":9223372036854775807}]}`,
	`{"ImagesSet":[{"ImageId":"IMG-x","Name":"n","ImageState":"active"},{"ImageId":"x"}]}`, `{"ImagesSet":[{}]}`,
	`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":[{"AzCode":"z"},"y"],"DataDiskQuotaSet":[{"DataDiskType":"SSD3.0","AvailabilityZoneSet":[{"AzCode":"z","IsSellOut":"true"}]}]}]}`,
	`{"InstanceCount":"7.0"}`, `{"InstanceCount":1e400}`, `{"InstanceCount":{"x":1}}`,
}

// answering is a client to which every request is answered alike.
func answering(tb testing.TB, status int, header http.Header, body string) (*Client, *fakeClock) {
	tb.Helper()
	clk := newClock()
	c, err := New("cn-beijing-6", testKeys, WithRate(0), WithoutGathering(), WithRetries(1, 0, 0), WithClock(clk.now, clk.sleep), withMarks(func() string { return "m" }),
		WithHTTPTransport(step(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})))
	if err != nil {
		tb.Fatal(err)
	}
	return c, clk
}

// bugs fails on an error that stands for a panic: the guard of this package must not hide one from the fuzzer.
func bugs(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil && strings.Contains(err.Error(), "a bug in this program") {
			t.Error(err)
		}
	}
}

// An instance is gone, and a launch has its id, only where the answer says so, whatever else it says.
func FuzzInstancesAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add(200, a)
		f.Add(400, a)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, _ := answering(t, status, nil, body)
		_, listing := c.DescribeInstances(t.Context(), nil, nil)
		_, tags := c.ReadTags(t.Context(), "i-1")
		bugs(t, listing, tags)
		var answer map[string]any
		decoded := json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(body), "\xef\xbb\xbf")), &answer) == nil
		c.shelf.few = 0 // a read lists
		for name, read := range map[string]func(context.Context, string, *int64) (*Instance, error){"found": c.FindInstance, "read": c.ReadInstance} {
			in, err := read(t.Context(), "i-1", nil)
			bugs(t, err)
			if (in == nil) == (err == nil) {
				t.Errorf("%s: %q: %v and %v", name, body, in, err)
			}
			if errors.Is(err, ErrGone) {
				empty := false
				for key, value := range answer {
					list, is := value.([]any)
					empty = empty || strings.EqualFold(key, "InstancesSet") && is && len(list) == 0
				}
				if !decoded || !empty || status < 200 || status > 299 {
					t.Errorf("%s: gone, by %d %q", name, status, body)
				}
			}
			if in != nil && (!decoded || !strings.EqualFold(in.ID, "i-1")) {
				t.Errorf("%s: %q shows %q", name, body, in.ID)
			}
		}
	})
}

func FuzzLaunchAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add(200, a)
		f.Add(400, a)
		f.Add(503, a)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, _ := answering(t, status, nil, body)
		r := c.runInstances(t.Context(), order())
		bugs(t, r.err)
		switch success := status >= 200 && status < 300; {
		case r.err == nil && (r.launch.InstanceID == "" || !success || len(r.ids) != 1):
			t.Errorf("%d %q launched %+v", status, body, r)
		case r.err != nil && !r.unknown && success && len(r.ids) == 0 && !refusedPlainly(body):
			t.Errorf("%d %q is certain: %v", status, body, r.err)
		}
		_ = fmt.Sprint(r.err)
	})
}

// refusedPlainly reports a JSON object with an Error in it.
func refusedPlainly(body string) bool {
	fields, why := object([]byte(body))
	return why == "" && fields["error"] != nil
}

// Every reader of lists, and every way of saying yes and no.
func FuzzAnswers(f *testing.F) {
	for _, a := range answers {
		f.Add(200, a)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, _ := answering(t, status, nil, body)
		ctx := t.Context()
		tags, e1 := c.ListTagsByResourceIds(ctx, "i-1", "i-2")
		if e1 == nil && len(tags) != 2 {
			t.Errorf("%q: tags of %d instances", body, len(tags))
		}
		subnets, e2 := c.DescribeSubnets(ctx, "s-1")
		_, e3 := c.DescribeSubnets(ctx)
		_, e4 := c.DescribeSecurityGroups(ctx, "g-1")
		for _, s := range subnets {
			if !strings.EqualFold(s.ID, "s-1") {
				t.Errorf("%q: subnet %q", body, s.ID)
			}
		}
		prices, e5 := c.DescribeSpotPriceHistory(ctx, "N3.2B", "z")
		for i, p := range prices {
			if p.At.Location() != time.UTC || i > 0 && p.At.Before(prices[i-1].At) {
				t.Errorf("%q: prices %v", body, prices)
			}
			_ = p.Spot.String() + p.OnDemand.String()
		}
		_, e6 := c.DescribeKecInventory(ctx, "N3.2B", "z")
		_, e7 := c.DescribeImages(ctx, "x")
		_, e8 := c.DescribeInstanceTypeConfigs(ctx, "N3.2B")
		e9 := c.TerminateInstances(ctx, "i-1")
		e10 := c.StartInstances(ctx, "i-1")
		e11 := c.ReplaceResourcesTags(ctx, "i-1", nil)
		e12 := c.SetInstanceResourceProtect(ctx, "i-1", true)
		e13 := c.UpdateInstanceProjectId(ctx, "i-1", 0)
		errs := []error{e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13}
		bugs(t, errs...)
		if status < 200 || status > 299 {
			for i, err := range errs {
				if err == nil {
					t.Errorf("call %d took %d %q for a yes", i+1, status, body)
				}
			}
		}
	})
}

// Errors show nothing that is not fit to be shown, and headers that stall nobody.
func FuzzError(f *testing.F) {
	for _, a := range answers {
		f.Add(400, a, "7", "Mon, 02 Mar 2026 09:00:00 GMT")
		f.Add(503, a, "Mon, 02 Mar 2026 09:00:00 GMT", "soon")
	}
	f.Add(403, `{"Error":{"Code":"RequestTimeTooSkewed","Message":"`+testSecret+`"}}`, "-1", "Mon, 02 Mar 1970 09:00:00 GMT")
	f.Fuzz(func(t *testing.T, status int, body, retryAfter, date string) {
		c, clk := answering(t, status, http.Header{"Retry-After": {retryAfter}, "Date": {date}}, body)
		start := clk.now()
		_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		bugs(t, err)
		if err == nil {
			return
		}
		text := err.Error()
		if strings.Contains(text, testSecret) || strings.Contains(text, testToken) || len(text) > 3*longest+200 {
			t.Errorf("%q", text)
		}
		if e, ok := errors.AsType[*Error](err); ok && utf8.ValidString(body) && !utf8.ValidString(e.Code+e.Message+e.RequestID+e.Param) {
			t.Errorf("%q is cut within a character", text)
		}
		if waited := clk.now().Sub(start); waited > 2*(longestAsked+time.Second) {
			t.Errorf("waited %s for %q", waited, retryAfter)
		}
		_ = IsStateRefusal(err)
		_ = definite(err)
	})
}

func FuzzScalars(f *testing.F) {
	for _, s := range []string{`"0.50"`, `1e-3`, `"1e999999999"`, `true`, `"False"`, `1772442841000`, `"2026-03-02 17:14:02"`, `"2026-03-02T09:14:05Z"`, `"yyyy"`, `{}`, `[1]`, `null`,
		`"\ud800"`, `-0`, `"NaN"`, `9223372036854775808`, `"2026-03-02T17:14:05+08:00"`, `" 7 "`, `""`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var n number
		var b flag
		var i instant
		var x text
		decode(raw, &n)
		decode(raw, &b)
		decode(raw, &i)
		decode(raw, &x)
		if n.Decimal != nil {
			if back, ok := parseDecimal(n.String()); !ok || !back.Equal(*n.Decimal) {
				t.Errorf("%q is %s", raw, n)
			}
		}
		if i.Time != nil && i.Location() != time.UTC {
			t.Errorf("%q is not in UTC", raw)
		}
		_, _ = retryAfter(string(raw), time.Unix(0, 0))
		_, _ = n.int(), n.intOr(0)
	})
}

// What is signed is what is sent, whatever the parameters: a verifier that shares no code with the signer agrees, and reads the
// parameters that were meant.
func FuzzSigning(f *testing.F) {
	for _, s := range []string{"", " ", "+", "%", "~", "*", "%20", "a b+c~*%", "环境", "👩🏽‍🚀", "\x00\xff", "a=b&c=d", "é", "é", "\u202e", "N3.2B", "\n", "'\"<>\\"} {
		f.Add("Name", s)
		f.Add(s, "value")
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		var got sent
		s := &script{answer: func(_ int, one sent) reply { got = one; return ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`) }}
		clk := newClock()
		c, err := New("cn-shanghai-3", testKeys, WithHTTPTransport(s), WithClock(clk.now, clk.sleep), WithRate(0))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.RunInstances(context.Background(), url.Values{name: {value}}); err != nil {
			t.Fatal(err)
		}
		if back := got.Form.Get(name); back != value || len(got.Form) != 1 {
			t.Errorf("%q is %q on the wire, which is %q", value, got.Body, back)
		}
		if strings.ContainsAny(got.Body, "+ *") {
			t.Errorf("%q: not RFC 3986", got.Body)
		}
		equal(t, "Authorization", got.Header.Get("Authorization"), authorization(got, "kec.api.ksyun.com", "cn-shanghai-3", "kec", "application/x-www-form-urlencoded"))
	})
}
