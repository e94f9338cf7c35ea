package failure

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// FuzzReason looks for a cause in whatever a service may answer: a reason is a text
// of that answer, and looking for it never fails.
func FuzzReason(f *testing.F) {
	for _, raw := range []string{
		`{"orderId":"1","status":21,"orderName":"KEC purchase","failReason":"out of stock","orderList":[{"failReason":"excessive number"}]}`,
		`{"subOrderId":"1-1","status":3,"productItems":[{"key":"cause","value":"售罄"},{"Key":"a","Value":{}},7,null],"promotionItem":{"name":"p","desc":"d"}}`,
		`{"instanceId":"i","status":3,"statusName":"failed to open","remark":"库存不足","message":"success","errorMsg":"OK","errorCode":"0"}`,
		`{"InstanceState":{"Name":"error","ErrorMsg":"no host"},"FailureAutoDelete":"false","failCount":3}`, `{"FAILREASON":"a","failReason":"b","failreason":null}`,
		`{"Message":"The number of instances exceeds the limit"}`, `{"ORDERLIST":[{"reason":"x"}],"a":{"orderList":[{"reason":"y"}]}}`, `{"reason":" \ud800 "}`,
		`{"a":{"b":{"c":{"msg":"deep"}}},"desc":["x",[{"key":"reason","value":"y"}]]}`, `{"reason":"a"} {"reason":"b"}`, `{"reason":"1e999"}`, `{"reason":"NaN"}`,
		`{"reason":`, `{}`, `null`, `[]`, `[{"key":"reason","value":"x"}]`, `"reason"`, `7`, ``, `<html>`,
	} {
		f.Add([]byte(raw), "ProductSellOutInvalid", "sell out")
	}
	for _, c := range Catalogue() {
		for _, words := range c.Words {
			text := strings.ReplaceAll(words, " & ", " … ")
			f.Add([]byte(`{"failReason":"`+text+`"}`), strings.Join(c.Codes, ","), text)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, code, words string) {
		found := reason(raw)
		holds := func(text string) bool { return strings.Contains(text, found) }
		if found != "" && (strings.TrimSpace(found) == "" || !slices.ContainsFunc(texts(raw), holds)) {
			t.Errorf("%q: the reason %q is no text of it", raw, found)
		}
		if again := reason(raw); again != found {
			t.Errorf("%q: once %q, then %q", raw, found, again)
		}
		checkParts(t, raw, found)

		for _, said := range []string{words, found, string(raw)} {
			checkCause(t, code, said)
		}
		refusal := &ksyun.Error{Action: "RunInstances", Code: code, Message: words, Status: 400}
		if detail := Of(refusal).Detail(nil); !strings.Contains(detail, "\nKEC: ") || !strings.Contains(detail, ", RunInstances\nRetry: ") {
			t.Errorf("%q, %q: %q", code, words, detail)
		}
	})
}

// checkParts checks an order without its parts: it has the same reason, unless that
// was one of the parts', and no parts.
func checkParts(t *testing.T, raw []byte, found string) {
	t.Helper()
	rest := withoutParts(raw)
	var whole, left map[string]json.RawMessage
	if json.Unmarshal(raw, &whole) != nil {
		if rest != nil {
			t.Errorf("%q: %q is left of what is no order", raw, rest)
		}
		return
	}
	if err := json.Unmarshal(rest, &left); err != nil {
		t.Errorf("%q: %q is left: %v", raw, rest, err)
	}
	for name := range whole {
		if _, ok := left[name]; ok == strings.EqualFold(name, "orderList") {
			t.Errorf("%q: %q is left", raw, rest)
		}
	}
	if got := reason(rest); got != found && len(left) == len(whole) {
		t.Errorf("%q: the reason of %q is %q, not %q", raw, rest, got, found)
	}
}

// checkCause checks what holds for the cause behind any code and words.
func checkCause(t *testing.T, code, words string) {
	t.Helper()
	cause, exact := classify(code, words)
	if cause.Summary != CauseOf(cause.Code).Summary {
		t.Errorf("%q, %q: %+v is not in the catalogue", code, words, cause)
	}
	if known := slices.ContainsFunc(cause.Codes, func(c string) bool { return strings.EqualFold(c, code) }); exact != known {
		t.Errorf("%q, %q: %s, exact: %t", code, words, cause.Code, exact)
	}
	for _, c := range causes {
		for _, known := range c.Codes {
			if got, exact := classify(known, words); got.Code != c.Code || !exact {
				t.Errorf("%q, %q: %s, exact: %t, not %s", known, words, got.Code, exact, c.Code)
			}
		}
	}
}

// texts are all texts that the first value of a JSON text holds, keys left out.
func texts(raw []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	if decoder.Decode(&tree) != nil {
		return nil
	}
	var all []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case map[string]any:
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(tree)
	return all
}
