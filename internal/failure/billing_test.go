package failure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// biller is an explainer to which billing answers by the status that is asked for, and everything
// else is refused.
func biller(t *testing.T, records map[int]kectest.Reply) (*Explainer, *kectest.Script) {
	t.Helper()
	s := &kectest.Script{Answer: func(_ int, one kectest.Sent) kectest.Reply {
		var q struct{ Status int }
		_ = json.Unmarshal([]byte(one.Body), &q)
		if r, ok := records[q.Status]; ok && one.Action == "QueryInstances" {
			return r
		}
		if one.Action == "QueryInstances" {
			return kectest.OK(`{"data":{"total":0}}`)
		}
		return kectest.Refuse(400, "Odd", "no")
	}}
	client, err := kec.New("cn-beijing-6", ksyun.Credentials{AccessKey: "a", SecretKey: "s"}, ksyun.WithHTTPTransport(s), ksyun.WithRetries(0, 0, 0), ksyun.WithRate(0))
	if err != nil {
		t.Fatal(err)
	}
	return NewExplainer(client, market.NewSnapshot(client)), s
}

// oneRecord is an answer with one record.
func oneRecord(members string) kectest.Reply {
	return kectest.OK(`{"RequestId":"b-1","data":{"total":1,"retResponse":[{"instanceId":"i-1",` + members + `}]}}`)
}

// A record is looked for state by state, until there is one or a look-up fails.
func TestRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		records  map[int]kectest.Reply
		want     string
		requests int
	}{
		"in the first state":  {map[int]kectest.Reply{3: oneRecord(`"status":3`), 1: oneRecord(`"status":1`)}, "status 3", 1},
		"in the second":       {map[int]kectest.Reply{1: oneRecord(`"status":1,"statusName":"creating"`)}, "creating (status 1)", 2},
		"in none":             {nil, "none", 2},
		"refused":             {map[int]kectest.Reply{3: kectest.Refuse(403, "AccessDenied", "no")}, "QueryInstances: AccessDenied: no (request id req-1, HTTP 403)", 1},
		"refused in a second": {map[int]kectest.Reply{1: kectest.Refuse(400, "C", "m")}, "QueryInstances: C: m (request id req-1, HTTP 400)", 2},
	} {
		e, s := biller(t, c.records)
		record, err := Record(t.Context(), e.client, "i-1", kec.BillingFailed, kec.BillingCreating)
		got := "none"
		switch {
		case err != nil:
			got = err.Error()
		case record != nil:
			got = StatusText(record)
		}
		wantEqual(t, name, got, c.want)
		wantEqual(t, name+": requests", len(s.Got), c.requests)
	}
}

// Only a 403 that is not about the keys themselves is a lack of permission.
func TestDenied(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"AccessDenied": true, "": true, "SignatureDoesNotMatch": false, "SecurityTokenExpired": false, "InvalidAccessKeyId": false,
		"RequestTimeTooSkewed": false, "RequestExpired": false,
	} {
		wantEqual(t, code, Denied(fmt.Errorf("x: %w", &ksyun.Error{Code: code, Status: 403})), want)
		wantEqual(t, code+" with 400", Denied(&ksyun.Error{Code: code, Status: 400}), false)
	}
	wantEqual(t, "no answer", Denied(errors.New("AccessDenied")), false)
	wantEqual(t, "no error", Denied(nil), false)
	f := Blind(&ksyun.Error{Action: "QueryInstances", Code: "AccessDenied", Message: "no", Status: 403}, "it stays unknown")
	wantEqual(t, "blind", f.Detail(nil), "The user behind the keys has no permission for trade QueryInstances, so it stays unknown.\n\n"+
		"Give that user permission for trade QueryInstances in the account's access control.\n\n"+
		"Code: PermissionDenied\nKEC: \"no\" (AccessDenied), QueryInstances\nRetry: after a change")
}

// An accepted launch that came to nothing has its reason from the last answer about the machine,
// else from its billing record, else none is known.
func TestExplainer_Failed(t *testing.T) {
	t.Parallel()
	last := &kec.Instance{ID: "i-1", Raw: []byte(`{"InstanceState":{"Name":"error","ErrorMsg":"password hunter22 is too weak"}}`)}
	records := func(r kectest.Reply) map[int]kectest.Reply { return map[int]kectest.Reply{3: r} }
	for name, c := range map[string]struct {
		err      machines.LaunchError
		records  map[int]kectest.Reply
		code     Code
		summary  string
		facts    string
		said     string
		requests int // of the billing service
	}{
		"the answer says it": {
			machines.LaunchError{Kind: machines.EndedInError, State: "error", Last: last}, records(oneRecord(`"failReason":"out of stock"`)),
			LaunchFailed, CauseOf(LaunchFailed).Summary, `KEC accepted the launch of instance i-1, which then ended in state "error".`,
			`KEC: "password (hidden) is too weak", RunInstances, request r-1, instance i-1`, 0,
		},
		"the record says it": {
			machines.LaunchError{Kind: machines.NeverVisible}, records(oneRecord(`"failReason":"excessive number"`)),
			ExcessiveNumber, "Spot launch failed: the account's instance quota is used up", "KEC accepted the launch of instance i-1, which never appeared.",
			`KEC: "excessive number", QueryInstances, instance i-1`, 1,
		},
		"the record has a state": {
			machines.LaunchError{Kind: machines.Vanished, State: "building", Last: &kec.Instance{ID: "i-1", Raw: []byte(`{}`)}},
			records(oneRecord(`"status":3,"statusName":"failed to open"`)), LaunchFailed, CauseOf(LaunchFailed).Summary,
			`KEC accepted the launch of instance i-1, which was last seen in state "building" and then vanished. Its billing record says: failed to open (status 3).`,
			"KEC: no reason given, RunInstances, request r-1, instance i-1", 1,
		},
		"no permission to look": {
			machines.LaunchError{Kind: machines.NeverVisible}, records(kectest.Refuse(403, "AccessDenied", "no")), LaunchFailed, CauseOf(LaunchFailed).Summary,
			"KEC accepted the launch of instance i-1, which never appeared. The user behind the keys has no permission for trade QueryInstances, " +
				"so the billing record could not be asked for the reason.", "KEC: no reason given, RunInstances, request r-1, instance i-1", 1,
		},
		"no record": {
			machines.LaunchError{Kind: machines.NeverVisible}, nil, LaunchFailed, CauseOf(LaunchFailed).Summary,
			"KEC accepted the launch of instance i-1, which never appeared.", "KEC: no reason given, RunInstances, request r-1, instance i-1", 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, s := biller(t, c.records)
			c.err.InstanceID = "i-1"
			f := e.Failed(t.Context(), &c.err, Accepted{RequestID: "r-1", Parameters: map[string][]string{"InstancePassword": {"hunter22"}}})
			wantEqual(t, "code", f.Code, c.code)
			wantEqual(t, "summary", f.Summary, c.summary)
			wantEqual(t, "facts", f.Facts, c.facts)
			wantEqual(t, "said", f.Said(), c.said)
			asked := 0
			for _, one := range s.Got {
				if one.Action == "QueryInstances" {
					asked++
				}
			}
			wantEqual(t, "questions to billing", asked, c.requests)
		})
	}
}

// What failed to open is explained by the machine as it is shown, then by its record; and today's
// stock and prices tell the likely cause where neither says it.
func TestExplainer_OfRecord(t *testing.T) {
	t.Parallel()
	bid := decimal.RequireFromString("0.05")
	shown := func(raw string, change func(*kec.Instance)) *kec.Instance {
		in := &kec.Instance{ID: "i-1", Type: kecsim.TypeSmall, SubnetID: kecsim.SubnetA, SpotStrategy: kec.SpotWithPriceLimit, SpotPriceLimit: &bid, Raw: []byte(raw), UserData: "topsecret"}
		if change != nil {
			change(in)
		}
		return in
	}
	record := &kec.BillingRecord{InstanceID: "i-1", Status: 3, StatusName: "failed to open", Raw: []byte(`{}`)}
	const prices = "N3.2B in cn-beijing-6a costs 0.0801 CNY per hour now (on-demand 0.1965); the limit is 0.05."
	for name, c := range map[string]struct {
		in     *kec.Instance
		record *kec.BillingRecord
		code   Code
		source Source
		action string
		words  string
		facts  string // the beginning
	}{
		"the machine says it":      {shown(`{"ErrorMsg":"no host for topsecret"}`, nil), record, LaunchFailed, FromAPI, "DescribeInstances", "no host for (hidden)", ""},
		"the record says it":       {shown(`{}`, nil), &kec.BillingRecord{Raw: []byte(`{"failReason":"excessive number"}`)}, ExcessiveNumber, FromBilling, "QueryInstances", "excessive number", ""},
		"a bid below the market":   {shown(`{}`, nil), record, PriceBelowMarket, Inferred, "QueryInstances", "", "Its billing record says: failed to open (status 3). " + prices},
		"a bid and no record":      {shown(`{}`, nil), nil, PriceBelowMarket, Inferred, "DescribeInstances", "", prices},
		"it follows the market":    {shown(`{}`, func(in *kec.Instance) { in.SpotStrategy = "spotaspricego" }), nil, LaunchFailed, "", "DescribeInstances", "", ""},
		"only a record":            {nil, record, LaunchFailed, "", "QueryInstances", "", "Its billing record says: failed to open (status 3)."},
		"neither":                  {nil, nil, LaunchFailed, "", "DescribeInstances", "", ""},
		"nothing that can be told": {&kec.Instance{ID: "i-1", Type: kecsim.TypeSmall}, nil, LaunchFailed, "", "DescribeInstances", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965")
			f := explainerOf(t, sim).OfRecord(t.Context(), "i-1", c.in, c.record)
			wantEqual(t, "code, source, action", fmt.Sprint(f.Code, f.Source, f.Action), fmt.Sprint(c.code, c.source, c.action))
			wantEqual(t, "words", f.Words, c.words)
			wantEqual(t, "facts", f.Facts[:min(len(c.facts), len(f.Facts))], c.facts)
			wantEqual(t, "instance", f.InstanceID, "i-1")
			wantEqual(t, "a thing", f.thing != nil, name == "about a thing")
		})
	}
}

// An order that is not paid says what is to be paid, where anything is; only that and a cancelled
// one may still come to something.
func TestExplainer_OfOrderWithoutParts(t *testing.T) {
	t.Parallel()
	money := func(s string) *decimal.Decimal { d := decimal.RequireFromString(s); return &d }
	for name, c := range map[string]struct {
		order kec.Order
		want  string
	}{
		"unpaid":            {kec.Order{Status: kec.OrderUnpaid, PayableMoney: money("1.5")}, "OrderUnpaid false: 1.5 CNY are to be paid before anything opens."},
		"a fraction":        {kec.Order{Status: kec.OrderUnpaid, PayableMoney: money("0.01")}, "OrderUnpaid false: 0.01 CNY are to be paid before anything opens."},
		"nothing to pay":    {kec.Order{Status: kec.OrderUnpaid, PayableMoney: money("0")}, "OrderUnpaid false: "},
		"an unknown amount": {kec.Order{Status: kec.OrderUnpaid}, "OrderUnpaid false: "},
		"cancelled":         {kec.Order{Status: kec.OrderCancelled}, "OrderCanceled false: "},
		"failed":            {kec.Order{Status: kec.OrderFailed}, "Unknown true: "},
		"failed in part":    {kec.Order{Status: kec.OrderPartlyFailed, SubOrders: []kec.SubOrder{{Status: kec.SubOrderOpened}}}, "Unknown true: "},
		"paid":              {kec.Order{Status: kec.OrderPaid}, ""},
	} {
		c.order.RequestID = "r-1"
		got := ""
		for _, f := range explainerOf(t, kecsim.New()).OfOrder(t.Context(), &c.order) {
			got += fmt.Sprintf("%s %t: %s", f.Code, f.Final(), f.Facts)
			wantEqual(t, name+": answer", f.Action+" "+f.RequestID, "QueryOrderInfo r-1")
		}
		wantEqual(t, name, got, c.want)
	}
}

// The reason of a part is its own, then the order's, then the record's of what it became.
func TestExplainer_reasonOfAPart(t *testing.T) {
	t.Parallel()
	failed := oneRecord(`"failReason":"MoonPhase"`)
	for name, c := range map[string]struct {
		order    string
		part     kec.SubOrder
		said     string
		facts    string
		requests int
	}{
		"its own":     {`{"remark":"of the order"}`, kec.SubOrder{InstanceID: "i-1", Raw: []byte(`{"reason":"of its own"}`)}, `KEC: "of its own", QueryOrderInfo, sub-order 1-1, instance i-1`, "", 0},
		"the order's": {`{"remark":"of the order"}`, kec.SubOrder{InstanceID: "i-1"}, `KEC: "of the order", QueryOrderInfo, sub-order 1-1, instance i-1`, "", 0},
		"the record's": {`{}`, kec.SubOrder{InstanceID: "i-1", Items: map[string]string{"b": "2", "a": "1"}}, `KEC: "MoonPhase", QueryInstances, sub-order 1-1, instance i-1`,
			"Ordered: a = 1, b = 2.", 1},
		"without a machine": {`{}`, kec.SubOrder{}, "KEC: no reason given, QueryOrderInfo, sub-order 1-1", "", 0},
	} {
		e, s := biller(t, map[int]kectest.Reply{3: failed})
		c.part.ID, c.part.Status = "1-1", kec.SubOrderFailed
		all := e.OfOrder(context.Background(), &kec.Order{Status: kec.OrderFailed, Raw: []byte(c.order), SubOrders: []kec.SubOrder{c.part}})
		wantEqual(t, name+": said", all[0].Said(), c.said)
		wantEqual(t, name+": facts", all[0].Facts, c.facts)
		wantEqual(t, name+": summary", all[0].Summary, map[bool]string{true: "KEC does not say why", false: "KEC gives a reason of its own"}[all[0].Words == ""])
		wantEqual(t, name+": requests", len(s.Got), c.requests)
	}
}
