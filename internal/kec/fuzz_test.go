package kec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// orderBodies are answers of QueryOrderInfo in every form that its sources leave open (facts 110 to
// 114), and some that are none.
var orderBodies = []string{
	documentedOrder,
	// The same with keys as another SDK has them, and with numbers and times as texts.
	`{"OrderId":"7","OrderName":"KEC purchase","UserId":"73400001","OrderType":"2","OrderUse":"1","Status":"21","HasRefund":"21","BillName":"Spot",` +
		`"TotalMoney":"0.39","RealMoney":"0.08","PayableMoney":"0","DiscountAmount":"","CreateTime":"1772442841000","PayTime":"2026-03-02 17:14:02",` +
		`"UpdateTime":"2026-03-02T09:14:50Z","OrderList":[{"SubOrderId":"7-1","OrderId":"7","InstanceId":"i-1","Status":"3","Num":"1","Price":"0.04",` +
		`"BillType":"810","ProductGroup":"100","ProductItems":[{"Key":"instance_type","Value":"N3.2B"}],"PromotionItem":{"Name":"p","Type":2},"IamProjectId":"0"}]}`,
	`{"ORDERID":"7","STATUS":1,"ORDERLIST":[{"SUBORDERID":"7-1","STATUS":1}]}`,
	// With a wrapper, which no model has, around an object or a list of one.
	`{"RequestId":"r","Data":{"OrderId":"7","Status":20,"OrderList":[{"ProductItems":[{}]}]}}`, `{"data":{"orderId":"7","status":1},"RequestId":"r"}`,
	`{"data":[{"orderId":"7","status":1}]}`, `{"status":200,"message":"ok","data":{"orderId":"7","status":2}}`, `{"code":200,"data":{"orderList":[]}}`,
	// Every status of an order: unpaid, paid, cancelled, refunded, refunding, partly failed, failed,
	// one nobody knows, none.
	`{"orderId":"7","status":0,"payableMoney":0.39,"payTime":0}`, `{"orderId":"7","status":1}`, `{"orderId":"7","status":2}`, `{"orderId":"7","status":4}`,
	`{"orderId":"7","status":5}`, `{"orderId":"7","status":20}`, `{"orderId":"7","status":21}`, `{"orderId":"7","status":99}`, `{"orderId":"7"}`, `{"status":0}`,
	// Every status of a sub-order, from either list, with and without an instance; several instances
	// in one.
	`{"orderId":"7","status":1,"orderList":[{"status":1},{"status":2,"instanceId":"i-1"},{"status":2,"instanceId":""},{"status":3,"instanceId":null},{"status":20},{"status":21},{"num":3}]}`,
	// Reasons that no model has, in an order, a sub-order and an item.
	`{"orderId":"7","status":21,"failReason":"out of stock","orderList":[{"subOrderId":"7-1","status":3,"FailReason":"excessive number",` +
		`"productItems":[{"key":"cause","value":"售罄"},{"key":"cause","value":1},{"key":"","value":"x"},{"key":"a"},{"value":"b"}]}]}`,
	// Money that is exact, absent, long or no number; times that are absent or out of range; lists
	// that are null or none.
	`{"orderId":"7","status":1,"totalMoney":0.1000000000000000055511,"realMoney":"1e999999999","payableMoney":null,"discountAmount":{}}`,
	`{"orderId":"7","status":1,"createTime":9223372036854775807,"payTime":-1,"updateTime":"soon"}`,
	`{"orderId":"7","status":1,"orderList":null}`, `{"orderId":"7","orderList":{}}`, `{"orderId":{},"orderList":[[],7,null,"x",{}]}`,
	`{"orderId":7,"status":{},"orderList":[{"productItems":"x","promotionItem":[{"name":"p"}],"num":"x"},{"productItems":[null,7,[]],"promotionItem":[]}]}`,
	// What QueryUnPayOrders and LaunchPayOrder answer.
	`{"RequestId":"r","total":1,"data":[{"orderId":"7","status":0,"orderList":[{"num":1,"oldPrice":0.39,"price":0.08,"status":1}]}]}`,
	`{"OrderId":"7","SubOrderIds":["7-1"],"TotalMoney":0.39,"RealMoney":0.08,"RequestId":"r"}`,
	// No order, no JSON, two spellings of one key.
	`{}`, `{"RequestId":"r"}`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, `{"data":""}`, `{"data":"oops"}`, `{"data":[[]]}`, `{"data":[{"orderId":"7"},{"orderId":"8"}]}`,
	`{"RequestId":"r","Error":{"Code":"OrderNotExist","Message":"no"}}`, `{"code":404,"message":"m","codeDesc":"d"}`, `null`, `[]`, `7`, ``, `<html>`, `{"orderId":`,
	`{"orderId":"7","OrderId":"8","ORDERID":null,"status":1}`, "\xef\xbb\xbf" + `{"orderId":"7","status":1}`, "\n {\"orderId\":\"7\",\"status\":1}\t",
	// White space that JSON does not know.
	"{\"orderId\":\"7\",\"status\":1}\f", "\u00a0{\"orderId\":\"7\",\"status\":1}",
}

func FuzzDecodeOrder(f *testing.F) {
	for _, s := range orderBodies {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		given := bytes.Clone(body)
		o, why := decodeOrder(body)
		if again, whyAgain := decodeOrder(body); !reflect.DeepEqual(o, again) || why != whyAgain || !bytes.Equal(body, given) {
			t.Errorf("%q: once %v, %q, then %v, %q", given, o, why, again, whyAgain)
		}
		if o != nil && (why != "" || !json.Valid(o.Raw)) {
			t.Errorf("%q: %q, out of %q", body, why, o.Raw)
		}
		checkOrder(t, o)

		bare := withoutRaw(o)
		for name, to := range map[string]func(rune) rune{"upper": upper, "lower": lower} {
			if other, ok := recased(body, to); ok {
				got, gotWhy := decodeOrder(other)
				if !reflect.DeepEqual(withoutRaw(got), bare) || gotWhy != why {
					t.Errorf("%q: in %s case %+v, %q, not %+v, %q", body, name, got, gotWhy, o, why)
				}
			}
		}
		if fields, _ := ksyun.Object(body); o == nil || fields["data"] != nil || !json.Valid(body) {
			return
		}
		for _, around := range []string{`{"Data":%s}`, `{"RequestId":"r","data":%s}`, `{"DATA":[ %s ],"status":200,"message":"ok"}`} {
			got, gotWhy := decodeOrder(fmt.Appendf(nil, around, body))
			if !reflect.DeepEqual(withoutRaw(got), bare) || gotWhy != "" || string(got.Raw) != string(bytes.TrimSpace(body)) {
				t.Errorf("%q: in %s %+v, %q, not %+v", body, around, got, gotWhy, o)
			}
		}
	})
}

// checkOrder checks what holds for every order.
func checkOrder(t *testing.T, o *Order) {
	t.Helper()
	if o == nil {
		return
	}
	times := []*time.Time{o.CreatedAt, o.PaidAt, o.UpdatedAt}
	for _, s := range o.SubOrders {
		times = append(times, s.ServiceBegin, s.ServiceEnd)
		if s.Items == nil || !json.Valid(s.Raw) {
			t.Errorf("items %v, out of %q", s.Items, s.Raw)
		}
	}
	checkTimes(t, times...)
	_ = fmt.Sprint(o)
}

func checkTimes(t *testing.T, times ...*time.Time) {
	t.Helper()
	for _, at := range times {
		if at != nil && at.Location() != time.UTC {
			t.Errorf("%s is not in UTC", at)
		}
	}
}

// withoutRaw is a copy of an order without what holds the spelling of the answer.
func withoutRaw(o *Order) *Order {
	if o == nil {
		return nil
	}
	c := *o
	c.Raw, c.SubOrders = nil, nil
	for _, s := range o.SubOrders {
		s.Raw = nil
		c.SubOrders = append(c.SubOrders, s)
	}
	return &c
}

// billingElements are elements of the list that QueryInstances answers (facts 117 and 118), and
// some that are none.
var billingElements = []string{
	`{"instanceId":"5b7f0a52","status":3,"statusName":"failed to open","billType":810,"billTypeName":"Spot","instanceType":1,"productGroup":100,"productType":58,` +
		`"region":"cn-beijing-6","createTime":"2026-03-02 17:14:02","billingBeginTime":"","iamProjectId":0,"userId":73400001}`,
	`{"InstanceId":"5b7f0a52","Status":"3","StatusName":"failed to open","BillType":"810","PayTypeName":"p","InstanceTypeName":"n","ProductTypeName":"N3",` +
		`"RegionName":"Beijing","BillingBeginTime":"2026-03-02T09:14:02Z","BillingEndTime":1772442841000,"RenewStrategy":0,"RenewStrategyName":"manual","RenewDuration":1}`,
	`{"INSTANCEID":"i","STATUS":2}`, `{"instanceId":"i","status":1}`, `{"instanceId":"i","status":12}`, `{"instanceId":7,"status":{}}`, `{"instanceId":null,"status":null}`,
	`{"instanceId":"i","status":3,"failReason":"out of stock","remark":"售罄"}`, `{"instanceId":"i","status":1e999999999,"createTime":9223372036854775807,"iamProjectId":"x"}`,
	`{"instanceId":"i","InstanceID":"j"}`, `{"billType":2,"serviveDeleteTime":"2026-03-02 17:14:02"}`, `{}`, `null`, `[]`, `[{"instanceId":"i"}]`, `7`, `"i"`, ``, `{"instanceId":"i"`,
}

func FuzzDecodeBilling(f *testing.F) {
	for _, s := range billingElements {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		given := bytes.Clone(raw)
		r := decodeBilling(raw)
		if again := decodeBilling(raw); !reflect.DeepEqual(r, again) || !bytes.Equal(raw, given) || string(r.Raw) != string(given) {
			t.Errorf("%q: once %+v, then %+v", given, r, again)
		}
		checkTimes(t, r.CreatedAt)
		r.Raw = nil
		if !json.Valid(raw) && !reflect.DeepEqual(r, BillingRecord{Status: StatusAbsent}) {
			t.Errorf("%q: a record out of no JSON: %+v", raw, r)
		}
		for name, to := range map[string]func(rune) rune{"upper": upper, "lower": lower} {
			if other, ok := recased(raw, to); ok {
				got := decodeBilling(other)
				got.Raw = nil
				if !reflect.DeepEqual(got, r) {
					t.Errorf("%q: in %s case %+v, not %+v", raw, name, got, r)
				}
			}
		}
		// As the client meets it.
		if json.Valid(raw) && r.InstanceID != "" {
			body := fmt.Sprintf(`{"data":{"total":1,"retResponse":[%s]}}`, raw)
			c, _ := client(t, of(ok(body)))
			got, err := c.QueryInstances(t.Context(), StatusAbsent, r.InstanceID)
			if err != nil || len(got) != 1 || got[0].Status != r.Status {
				t.Errorf("%q: %+v, %v", body, got, err)
			}
		}
	})
}

func upper(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}

func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r - 'A' + 'a'
	}
	return r
}

// recased is a JSON value with all its keys in another case; false for what is none, and where two
// keys of one object are then the same: which of them counts is not to be relied on.
func recased(raw []byte, to func(rune) rune) (_ []byte, ok bool) {
	if !json.Valid(raw) {
		return nil, false
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	var out bytes.Buffer
	ok = true
	write := func(v any) {
		b, err := json.Marshal(v)
		ok = ok && err == nil
		out.Write(b)
	}
	var copyValue func()
	copyValue = func() {
		token, _ := in.Token() // the syntax was checked
		open, is := token.(json.Delim)
		if !is {
			write(token)
			return
		}
		out.WriteString(open.String())
		seen := map[string]bool{}
		for i := 0; in.More(); i++ {
			if i > 0 {
				out.WriteByte(',')
			}
			if open == '{' {
				name, _ := in.Token()
				key := strings.Map(to, name.(string))
				ok = ok && !seen[folded(key)]
				seen[folded(key)] = true
				write(key)
				out.WriteByte(':')
			}
			copyValue()
		}
		end, _ := in.Token()
		out.WriteString(end.(json.Delim).String())
	}
	copyValue()
	return out.Bytes(), ok
}

// folded is the same for all keys that encoding/json takes for one.
func folded(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, key)
}
