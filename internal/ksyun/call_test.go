package ksyun

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// inventory is a call of an action, of which read takes nothing.
func inventory() Call {
	return Call{Service: KEC, Action: "DescribeKecInventory", Version: "2016-03-04", Form: url.Values{"b": {"2 3"}, "a": {"1", "0"}, "c": {"x"}}}
}

// What a request says about itself and its answer, with a form and with JSON.
func TestSend_headersAndBody(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		json              any
		contentType, body string
	}{
		"a form": {nil, "application/x-www-form-urlencoded", "a=1&a=0&b=2%203&c=x"},
		"JSON":   {map[string]any{"b": 1, "a": "x"}, "application/json", `{"a":"x","b":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(`{}`))
			c, _ := client(t, s)
			what := inventory()
			what.JSON = tc.json
			out := c.Send(t.Context(), what)
			equal(t, "outcome", fmt.Sprint(out.Err, out.MaybeDone), "<nil> false")
			got := s.Got[0]
			equal(t, "URL", got.URL, "POST https://kec.api.ksyun.com/?Action=DescribeKecInventory&Version=2016-03-04")
			equal(t, "body", got.Body, tc.body)
			equal(t, "headers", fmt.Sprint(got.Header["Content-Type"], got.Header["Accept"], got.Header["User-Agent"]),
				fmt.Sprintf("[%s] [application/json] [terraform-provider-kec]", tc.contentType))
			equal(t, "tokens", fmt.Sprint(got.Header.Get("X-Amz-Security-Token"), " ", got.Header.Get("X-Ksc-Security-Token")), testToken+" "+testToken)
		})
	}
	s := of(ok(`{}`))
	c, _ := client(t, s)
	out := c.Send(t.Context(), Call{Service: Tag, Action: "ReplaceResourcesTags", JSON: func() {}})
	equal(t, "no JSON", fmt.Sprint(out.Err, out.MaybeDone, len(s.Got)), "tagv2 ReplaceResourcesTags: json: unsupported type: func() false 0")

	// A secret of a JSON body is hidden where an answer repeats it.
	c, _ = client(t, of(refuse(400, "C", "hunter2hunter2 is weak")))
	out = c.Send(t.Context(), Call{Service: Tag, Action: "A", JSON: map[string]string{"Password": "hunter2hunter2"}})
	equal(t, "refusal", fmt.Sprint(out.Err), "A: C: (hidden) is weak (request id req-1, HTTP 400)")
}

// Whether the service may have done the work is a matter of all attempts, and of what the last
// answer looks like.
func TestSend_maybeDone(t *testing.T) {
	t.Parallel()
	const busy = "gave up after 4 tries in 0s: DescribeKecInventory: "
	for name, tc := range map[string]struct {
		replies []reply
		maybe   bool
		err     string
	}{
		"answered":            {[]reply{ok(`{}`)}, false, "<nil>"},
		"lost, then answered": {[]reply{{Err: io.EOF}, ok(`{}`)}, true, "<nil>"},
		"refused":             {[]reply{refuse(400, "C", "m")}, false, "DescribeKecInventory: C: m (request id req-1, HTTP 400)"},
		"lost, then refused":  {[]reply{{Err: io.EOF}, refuse(400, "C", "m")}, true, "DescribeKecInventory: C: m (request id req-1, HTTP 400)"},
		"HTML":                {[]reply{ok("<html>")}, true, "DescribeKecInventory: answered with HTML, not JSON (HTTP 200)"},
		"HTML in a 404":       {[]reply{{Status: 404, Body: "<html>"}}, false, "DescribeKecInventory: answered with HTML, not JSON (HTTP 404)"},
		"throttled":           {[]reply{{Status: 429, Body: "{}"}}, false, "kec DescribeKecInventory: " + busy + "refused without a reason (HTTP 429)"},
		"from behind":         {[]reply{{Status: 500, Body: "{}"}}, true, "kec DescribeKecInventory: " + busy + "refused without a reason (HTTP 500)"},
		"a state":             {[]reply{refuse(500, "OrderStateNotSupported", "m")}, false, "DescribeKecInventory: OrderStateNotSupported: m (request id req-1, HTTP 500)"},
		"never connected":     {[]reply{{Err: refusedDial}}, false, "kec DescribeKecInventory: kec.api.ksyun.com: gave up after 4 tries in 0s: dial tcp: connection refused"},
		"never answered":      {[]reply{{Err: io.EOF}}, true, "kec DescribeKecInventory: kec.api.ksyun.com: gave up after 4 tries in 0s: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, of(tc.replies...))
			out := c.Send(t.Context(), inventory())
			equal(t, "maybe done", out.MaybeDone, tc.maybe)
			equal(t, "error", fmt.Sprint(out.Err), tc.err)
		})
	}
}

// A panic fails its own call. The work may be done once an attempt has begun.
func TestSend_panics(t *testing.T) {
	t.Parallel()
	c, _ := client(t, &script{Answer: func(int, sent) reply { panic("secret") }})
	out := c.Send(t.Context(), inventory())
	equal(t, "on the wire", out.MaybeDone, true)
	for _, part := range []string{"kec DescribeKecInventory: the call failed because of a bug in this program: a panic with a value of type string in ", "call_test.go:"} {
		equal(t, part, strings.Contains(out.Err.Error(), part), true)
	}

	c, _ = client(t, of(ok(`{}`)), WithClock(func() time.Time { panic(errors.New("no time")) }, nil))
	out = c.Send(t.Context(), inventory())
	equal(t, "before anything was sent", out.MaybeDone, false)
	equal(t, "of an error", strings.Contains(fmt.Sprint(out.Err), "a panic with a value of type *errors.errorString in ksyun."), true)

	c, _ = client(t, of(ok(`{"RequestId":"r"}`)))
	out = c.Do(t.Context(), inventory(), func(*Answer) error { var none []int; return fmt.Errorf("%d", none[1]) })
	e, _ := errors.AsType[*Error](out.Err)
	if e == nil || !e.Unusable || e.Status != 200 || e.RequestID != "r" || !strings.HasPrefix(e.Message,
		"the answer could not be read because of a bug in this program: runtime error: index out of range [1] with length 0 in ksyun.TestSend_panics.") {
		t.Errorf("got %#v", e)
	}
	equal(t, "while the answer is read", out.MaybeDone, true)
}

// Only a 2xx is a success, and every 3xx is a redirect, which is never followed.
func TestRead_statuses(t *testing.T) {
	t.Parallel()
	const redirect = "A: answered with a redirect, which is never followed (HTTP %d)"
	for status, want := range map[int]string{
		199: "A: m (d) (HTTP 199)", 200: "<nil>", 299: "<nil>", 300: redirect, 304: redirect, 399: redirect, 400: "A: m (d) (HTTP 400)", 500: "A: m (d) (HTTP 500)",
	} {
		cl := &call{Call: Call{Action: "A"}}
		resp := &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(`{"message":"m","codeDesc":"d"}`))}
		ans := cl.read(resp)
		if strings.Contains(want, "%d") {
			want = fmt.Sprintf(want, status)
		}
		equal(t, fmt.Sprint(status), fmt.Sprint(ans.err), want)
		equal(t, "parsed once", cl.read(resp) == ans, true)
	}
	for body, want := range map[string]string{
		`{"message":"m","codeDesc":"m"}`: "A: m (HTTP 400)", `{"code":7}`: "A: 7 (HTTP 400)", `{"codeDesc":"d"}`: "A: (d) (HTTP 400)",
		`{"message":"m","codeDesc":""}`: "A: m (HTTP 400)", `{"Error":{"Message":"m"},"code":7}`: "A: m (HTTP 400)", `{"Error":{},"code":7}`: "A: 7 (HTTP 400)",
	} {
		cl := &call{Call: Call{Action: "A"}}
		equal(t, body, fmt.Sprint(cl.read(&http.Response{StatusCode: 400, Body: io.NopCloser(strings.NewReader(body))}).err), want)
	}
}

// A list that is null is empty. One that is missing, or is no list, is none.
func TestAnswer_List(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"Set":[1,2]}`: "2 true", `{"set":[]}`: "0 true", `{"SET":null}`: "0 true", `{"Other":null}`: "0 false", `{"Set":{}}`: "0 false", `{}`: "0 false",
	} {
		cl := &call{}
		list, ok := cl.read(&http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body))}).List("set")
		equal(t, body, fmt.Sprint(len(list), " ", ok), want)
	}
}

// A text is shown up to four KiB, and is searched for secrets up to 64.
func TestClean_limits(t *testing.T) {
	t.Parallel()
	var cl call
	cl.redactor.add("secret")
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, tc := range map[string]struct{ text, want string }{
		"short":            {"a secret", "a (hidden)"},
		"as long as shown": {long(4096), long(4096)},
		"longer":           {long(4097), long(4096) + " ..."},
		"cut in a letter":  {long(4095) + "长", long(4095) + " ..."},
		"as searched":      {"secret" + long(65530), "(hidden)" + long(4088) + " ..."},
		"longer than that": {"secret" + long(65531), "a text of 65537 bytes, too long to show"},
	} {
		equal(t, name, cl.clean(tc.text), tc.want)
	}
}

// An answer is read up to sixteen MiB, whether it says its length or not.
func TestBuffer_limit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		size, says int64
		want       error
	}{{maxBody, -1, nil}, {maxBody + 1, -1, ErrTooLarge}, {2, maxBody + 1, ErrTooLarge}, {2, maxBody, nil}} {
		resp := &http.Response{ContentLength: tc.says, Body: io.NopCloser(bytes.NewReader(make([]byte, tc.size)))}
		err := buffer(resp)
		equal(t, fmt.Sprintf("%+v", tc), err, tc.want)
		if err == nil {
			equal(t, "read", int64(len(peek(resp))), tc.size)
			if tc.size == 2 {
				equal(t, "and once more", int64(len(peek(resp))), tc.size)
			}
		}
	}
	resp := &http.Response{}
	equal(t, "no body", buffer(resp), nil)
	equal(t, "of no body", len(peek(resp)), 0)
}
