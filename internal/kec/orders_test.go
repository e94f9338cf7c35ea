package kec

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

const documentedOrder = `{
  "orderId": "20260302091401000123456", "orderName": "KEC purchase", "userId": 73400001,
  "orderType": 2, "orderUse": 1, "status": 20, "hasRefund": 20, "billName": "Spot",
  "totalMoney": 0.39, "realMoney": 0.08, "payableMoney": 0, "discountAmount": 0,
  "createTime": 1772442841000, "payTime": 1772442842000, "updateTime": 1772442890000,
  "orderList": [
    {"subOrderId": "20260302091401000123456-1", "orderId": "20260302091401000123456",
     "instanceId": "5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11", "status": 2, "num": 1, "price": 0.04,
     "billType": 810, "productGroup": 100, "productGroupName": "KEC", "productType": 58, "productTypeName": "N3",
     "productItems": [{"key": "instance_type", "value": "N3.2B"}, {"key": "available_zone", "value": "cn-beijing-6a"}],
     "serviceBeginTime": 1772442845000, "serviceEndTime": 0, "iamProjectId": 0},
    {"subOrderId": "20260302091401000123456-2", "orderId": "20260302091401000123456",
     "instanceId": "", "status": 3, "num": 1, "price": 0.04, "billType": 810,
     "productGroup": 100, "productGroupName": "KEC", "productType": 58, "productTypeName": "N3",
     "productItems": [], "serviceBeginTime": 0, "serviceEndTime": 0, "iamProjectId": 0}
  ]
}`

// written is v as JSON without its Raw members.
func written(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	_ = json.Unmarshal(b, &tree)
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "Raw")
			for k, m := range v {
				if m == nil || m == "" || m == 0.0 {
					delete(v, k)
				}
				strip(m)
			}
		case []any:
			for _, m := range v {
				strip(m)
			}
		}
	}
	strip(tree)
	b, _ = json.Marshal(tree)
	return string(b)
}

func TestQueryOrderInfo_documented(t *testing.T) {
	t.Parallel()
	s := of(ok(documentedOrder))
	c, _ := client(t, s)
	o, err := c.QueryOrderInfo(t.Context(), "20260302091401000123456")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "request", s.Got[0].Body, "orderId=20260302091401000123456")
	equal(t, "order", written(t, o), `{"BillName":"Spot","CreatedAt":"2026-03-02T09:14:01Z","ID":"20260302091401000123456",`+
		`"Name":"KEC purchase","PaidAt":"2026-03-02T09:14:02Z","PayableMoney":"0","RealMoney":"0.08","Status":20,"SubOrders":[`+
		`{"ID":"20260302091401000123456-1","InstanceID":"5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11",`+
		`"Items":{"available_zone":"cn-beijing-6a","instance_type":"N3.2B"},"Price":"0.04","ProductGroup":100,"ProductGroupName":"KEC","ProductTypeName":"N3","Quantity":1,"ServiceBegin":"2026-03-02T09:14:05Z","Status":2},`+
		`{"ID":"20260302091401000123456-2","Items":{},"Price":"0.04","ProductGroup":100,"ProductGroupName":"KEC","ProductTypeName":"N3","Quantity":1,"Status":3}],"TotalMoney":"0.39","Type":2,"UpdatedAt":"2026-03-02T09:14:50Z","Use":1}`)
	equal(t, "raw", string(o.Raw), documentedOrder)
	if o.SubOrders[0].ServiceEnd != nil || !strings.Contains(string(o.SubOrders[1].Raw), "123456-2") {
		t.Errorf("got %v", o.SubOrders)
	}
}

func TestQueryOrderInfo_variants(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"upper-first": {`{"OrderId":"7","Status":"21","TotalMoney":"0.10","CreateTime":"1772442841000","OrderList":[{"SubOrderId":"7-1","Status":"3","Price":"0.1","ProductItems":[{"Key":"a","Value":1},{"Key":"a","Value":"b"},{}],"PromotionItem":{"Name":"p","Type":2}}]}`,
			`{"CreatedAt":"2026-03-02T09:14:01Z","ID":"7","Status":21,"SubOrders":[{"ID":"7-1","Items":{"a":"1, b"},"Price":"0.1","Status":3}],"TotalMoney":"0.1"}`},
		"Data":           {`{"RequestId":"r","Data":{"orderId":"7","status":1}}`, `{"ID":"7","RequestID":"r","Status":1}`},
		"data and code":  {`{"status":200,"message":"ok","data":{"orderId":"7","status":1}}`, `{"ID":"7","Status":1}`},
		"data in a list": {`{"data":[{"orderId":"7","status":1}]}`, `{"ID":"7","Status":1}`},
		"no id":          {`{"status":0}`, `{"ID":"7"}`},
		"no status":      {`{"orderId":"7","orderList":null,"payTime":null,"realMoney":""}`, `{"ID":"7","Status":-1}`},
		"wrong shapes": {`{"orderId":"7","status":{},"orderName":[],"totalMoney":{},"createTime":[],"orderList":[{"productItems":"x","promotionItem":"x","num":"x"},7]}`,
			`{"ID":"7","Status":-1,"SubOrders":[{"Items":{},"Status":-1},{"Items":{},"Status":-1}]}`},
		"byte order mark": {"\xef\xbb\xbf" + `{"orderId":"7","status":21}`, `{"ID":"7","Status":21}`},
		"exact money":     {`{"orderId":"7","status":1,"totalMoney":0.1000000000000000055511}`, `{"ID":"7","Status":1,"TotalMoney":"0.1000000000000000055511"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, of(ok(tc.body)))
			o, err := c.QueryOrderInfo(t.Context(), "7")
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "order", written(t, o), tc.want)
		})
	}
}

func TestQueryOrderInfo_notFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply   reply
		missing bool
	}{
		"empty":              {ok(`{}`), true},
		"only a request id":  {ok(`{"RequestId":"r"}`), true},
		"null data":          {ok(`{"data":null}`), true},
		"empty data":         {ok(`{"data":{}}`), true},
		"empty list":         {ok(`{"data":[ ]}`), true},
		"code":               {refuse(400, "OrderNotExist", "x"), true},
		"code, other form":   {refuse(400, "ORDER_NOT_FOUND", "x"), true},
		"message":            {refuse(400, "InvalidParameter", "the order does not exist"), true},
		"message in 200":     {refuse(200, "InvalidParameter", "order not found"), true},
		"Chinese":            {refuse(400, "InvalidParameter", "订单不存在"), true},
		"unknown action":     {refuse(400, "INVALID_ACTION", "Not Found"), false},
		"unknown key":        {refuse(400, "InvalidAccessKeyId.NotFound", "x"), false},
		"unknown key, 403":   {refuse(403, "InvalidUser", "The access key does not exist"), false},
		"a key's own, 401":   {refuse(401, "OrderNotExist", "the order does not exist"), false},
		"no permission, 403": {refuse(403, "OrderNotExist", "the order does not exist"), false},
		"other refusal":      {refuse(400, "InvalidParameter", "orderId is wrong"), false},
		"HTML 404":           {reply{Status: 404, Body: "<html>Not Found"}, false},
		"gateway":            {reply{Status: 404, Body: `{"message":"Not Found"}`}, false},
		"several orders":     {ok(`{"data":[{"orderId":"7"},{"orderId":"8"}]}`), false},
		"data as text":       {ok(`{"data":"oops"}`), false},
		"not JSON":           {ok("<html>"), false},
		"back end in pieces": {refuse(500, "ServiceInnerError", "host not found"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, of(tc.reply), ksyun.WithRetries(0, 0, 0))
			o, err := c.QueryOrderInfo(t.Context(), "7")
			if err == nil {
				t.Fatalf("got %v", o)
			}
			equal(t, "not found: "+err.Error(), errors.Is(err, ErrNotFound), tc.missing)
		})
	}
	s := of(ok(`{}`))
	c, _ := client(t, s)
	if _, err := c.QueryOrderInfo(t.Context(), ""); err == nil || len(s.Got) != 0 {
		t.Errorf("empty id: got %v", err)
	}
}
