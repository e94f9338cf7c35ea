package failure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// A summary within a sentence begins in lower case, unless it begins with a name.
func TestFailure_Headline(t *testing.T) {
	t.Parallel()
	for summary, want := range map[string]string{
		"Out of stock": "out of stock", "KEC refused access": "KEC refused access", "A quota": "A quota", "Az": "az", "Aa": "aa", "A": "A", "": "", "A1": "A1", "Ä": "Ä",
	} {
		wantEqual(t, summary, lowerFirst(summary), want)
	}
	f := newFailure(OutOfStock)
	f.Summary = "Out of stock: 1 wanted, 0 available"
	wantEqual(t, "known", f.Headline("Spot order failed"), "Spot order failed: out of stock")
	f.Source = Inferred
	wantEqual(t, "inferred", f.Headline("Spot order failed"), "Spot order failed, likely cause: out of stock")
	f.brief = "Out of stock: EIPs"
	wantEqual(t, "brief", f.Headline("Spot order failed"), "Spot order failed, likely cause: out of stock: EIPs")
}

// What KEC said stands in one line with the answer that says it, as far as there is one.
func TestFailure_Said(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]Failure{
		"": {RequestID: "r"},
		`KEC: "no" (Odd), RunInstances, request r, sub-order s, instance i`: {Words: "no", KECCode: "Odd", Action: "RunInstances", RequestID: "r", SubOrderID: "s", InstanceID: "i"},
		`KEC: "no", RunInstances`:            {Words: "no", Action: "RunInstances"},
		"KEC: Odd, RunInstances":             {KECCode: "Odd", Action: "RunInstances"},
		"KEC: no reason given, RunInstances": {Action: "RunInstances"},
	} {
		wantEqual(t, "said", f.Said(), want)
	}
}

// A text says where an attribute inside another one is, a path ends at the top.
func TestFailure_place(t *testing.T) {
	t.Parallel()
	for param, want := range map[string]string{
		"InstanceType": "instance_type false", "DataDisk.2.Type": "data_disks true", "LineId": "eip true", "Nothing": " false", "": " false",
	} {
		f := newFailure(Unknown)
		f.Param = param
		at, detail, found := f.place(withAll())
		wantEqual(t, param, fmt.Sprint(at, " ", strings.Contains(detail, "\nAttribute: ")), want)
		wantEqual(t, param+": found", found, !strings.HasPrefix(want, " "))
		f.whole = true
		_, detail, _ = f.place(withAll())
		wantEqual(t, param+" as a whole", strings.Contains(detail, "\nAttribute: "), false)
	}
}

// A word begins where the case or the script changes, and ends at what is no letter.
func TestSpaced(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"EipQuotaExceeded: DataDisk.1": " eip quota exceeded data disk 1", "EIPQuota": " eip quota", "EIP": " eip", "aB": " a b", "AB": " ab", "ABc": " a bc",
		"弹性IP不足": " 弹性 ip 不足", "IP": " ip", "": " ", "[ip]": " ip", "é1": " é 1", "aBC": " a bc", "ABCd": " ab cd", "A": " a", "aA": " a a",
	} {
		wantEqual(t, text, spaced(text), want)
	}
}

// Seconds are told in words.
func TestAgo(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{0: "less than a second ago", 0.99: "less than a second ago", 1: "1 second ago", 1.9: "1 second ago", 2: "2 seconds ago", 29.5: "29 seconds ago"} {
		wantEqual(t, fmt.Sprint(seconds), ago(secondsOf(seconds)), want)
	}
}

// Which parameter is that of a data disk of the launch, and of what type the disk is.
func TestDiskNamed(t *testing.T) {
	t.Parallel()
	launch := market.Launch{DataDiskTypes: []string{"SSD3.0", "EHDD"}}
	for param, want := range map[string]string{
		"DataDisk.1.Type": "SSD3.0", "DataDisk.2.Size": "EHDD", "datadisk.2": "EHDD", "DataDisk.0.Type": "", "DataDisk.3.Type": "", "DataDisk": "", "SystemDisk.DiskType": "", "": "",
	} {
		wantEqual(t, param, diskNamed(param, launch), want)
	}
}

// What a pipeline may do of two: the more cautious, whichever comes first.
func TestMostCautious(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want Retry }{
		{RetryLater, RetryLater, RetryLater}, {RetryLater, RetryAfterChange, RetryAfterChange}, {RetryAfterChange, RetryLater, RetryAfterChange},
		{RetryNever, RetryLater, RetryNever}, {RetryAfterChange, RetryNever, RetryNever}, {RetryNever, RetryNever, RetryNever},
	} {
		wantEqual(t, fmt.Sprint(c), mostCautious(c.a, c.b), c.want)
	}
}

// A refusal is judged by its kind first, then by KEC's code and words, and by what they name.
func TestOf_refusals(t *testing.T) {
	t.Parallel()
	said := func(e ksyun.Error) error {
		e.Action = "RunInstances"
		return &e
	}
	state := &ksyun.Error{Action: "StopInstances", Code: "InstanceStateNotSupported", Message: "x", Status: 400}
	late := &machines.WaitError{InstanceID: "i-1", Goal: "active", Err: errDeadline{}}
	for name, c := range map[string]struct {
		err    error
		code   Code
		param  string
		remedy string // part of it
	}{
		"words about another setting":       {said(ksyun.Error{Code: "Odd", Message: "out of stock", Param: "ImageId", Status: 400}), InvalidParameter, "ImageId", "Change the value"},
		"about the same setting":            {said(ksyun.Error{Code: "Odd", Message: "out of stock", Param: "instancetype", Status: 400}), OutOfStock, "InstanceType", ""},
		"nothing known about a setting":     {said(ksyun.Error{Code: "Odd", Message: "the moon is full", Param: "ImageId", Status: 400}), Unknown, "ImageId", ""},
		"a code decides, whatever is named": {said(ksyun.Error{Code: "ProductSellOutInvalid", Param: "ImageId", Status: 400}), OutOfStock, "InstanceType", ""},
		"a code decides, beside a thing":    {said(ksyun.Error{Code: "SubnetIpNotEnough", Message: "the EIP quota is exceeded", Status: 400}), SubnetFull, "SubnetId", ""},
		"a thing beside another setting":    {said(ksyun.Error{Code: "Odd", Message: "the EIP quota is used up", Param: "ImageId", Status: 400}), ExcessiveNumber, "LineId", ""},
		"a 403":                             {said(ksyun.Error{Code: "ProductSellOutInvalid", Status: 403}), PermissionDenied, "", ""},
		"a 403 for a thing":                 {said(ksyun.Error{Code: "Odd", Message: "no permission for the project", Status: 403}), PermissionDenied, "ProjectId", "Choose other projects"},
		"a 500":                             {said(ksyun.Error{Code: "Odd", Status: 500}), ServiceUnavailable, "", ""},
		"a 499":                             {said(ksyun.Error{Code: "Odd", Status: 499}), Unknown, "", ""},
		"a service in pieces":               {said(ksyun.Error{Code: "ServiceBroken", Status: 400}), ServiceUnavailable, "", ""},
		"words with a 500":                  {said(ksyun.Error{Code: "Odd", Message: "out of stock", Status: 500}), OutOfStock, "InstanceType", ""},
		"one disk of several":               {said(ksyun.Error{Code: "InvalidParameterValue", Param: "DataDisk.2.Size", Status: 400}), InvalidParameter, "DataDisk.2.Size", ""},
		"a state":                           {state, Unknown, "", ""},
		"a state after a lost try":          {fmt.Errorf("%w: %w", kec.ErrChangeUnknown, state), ChangeUnknown, "", ""},
		"another refusal after a lost try":  {fmt.Errorf("%w: %w", kec.ErrChangeUnknown, said(ksyun.Error{Code: "InstanceQuotaExceeded", Status: 400})), ExcessiveNumber, "", ""},
		"a change without an answer":        {fmt.Errorf("%w: EOF", kec.ErrChangeUnknown), ChangeUnknown, "", ""},
		"too late, without a failure":       {late, DeadlineExceeded, "", "Raise the limit in the timeouts"},
		"too late, after failures": {&machines.WaitError{InstanceID: "i-1", Goal: "active", LastErr: errors.New("EOF"), Err: errDeadline{}}, DeadlineExceeded, "",
			"Check the network, the endpoint and what KEC says above first, then run the command again."},
	} {
		f := Of(c.err)
		wantEqual(t, name, string(f.Code)+" "+f.Param, string(c.code)+" "+c.param)
		wantEqual(t, name+": remedy", strings.Contains(f.Remedy, c.remedy), true)
	}
}

// The summary of a thing is that of the thing, and today's numbers of machines say nothing of it.
func TestJudge_numbers(t *testing.T) {
	t.Parallel()
	limit := decimal.RequireFromString("0.05")
	zero, one := 0, 1
	quote := market.Quote{Now: decimal.RequireFromString("0.0801")}
	launch := market.Launch{InstanceType: "N3.2B", SubnetID: "s-1", Zone: "z", PriceLimit: &limit}
	dear := market.Offer{Zone: "z", Quote: market.AnswerOf(&quote, nil)}
	for name, c := range map[string]struct {
		code     Code
		offer    market.Offer
		launch   market.Launch
		code2    Code
		again    bool
		summary  string
		inferred Code
	}{
		"no stock":              {OutOfStock, market.Offer{Zone: "z", Stock: market.AnswerOf(&zero, nil)}, launch, OutOfStock, false, "Out of stock: 1 wanted, 0 available", OutOfStock},
		"stock for one":         {OutOfStock, market.Offer{Zone: "z", Stock: market.AnswerOf(&one, nil)}, launch, OutOfStock, true, "Out of stock", Unknown},
		"stock is not known":    {OutOfStock, market.Offer{Zone: "z"}, launch, OutOfStock, false, "Out of stock", Unknown},
		"a bid too low":         {PriceAboveOnDemand, dear, launch, PriceBelowMarket, false, CauseOf(PriceBelowMarket).Summary, PriceBelowMarket},
		"a bid, prices unknown": {PriceBelowMarket, market.Offer{Zone: "z"}, launch, PriceBelowMarket, false, CauseOf(PriceBelowMarket).Summary, Unknown},
		"no bid":                {PriceBelowMarket, dear, market.Launch{InstanceType: "N3.2B", Zone: "z"}, PriceBelowMarket, false, CauseOf(PriceBelowMarket).Summary, Unknown},
		"another cause":         {ExcessiveNumber, market.Offer{Zone: "z", Stock: market.AnswerOf(&zero, nil)}, launch, ExcessiveNumber, false, CauseOf(ExcessiveNumber).Summary, OutOfStock},
	} {
		f := newFailure(c.code)
		wantEqual(t, name+": contradicts", f.contradicts(c.offer, c.launch), c.again)
		f.judge(c.offer, c.launch)
		wantEqual(t, name+": code", f.Code, c.code2)
		wantEqual(t, name+": summary", f.Summary, c.summary)
		f = newFailure(Unknown)
		f.infer(c.offer, c.launch)
		wantEqual(t, name+": inferred", f.Code, c.inferred)
		wantEqual(t, name+": says so", strings.HasSuffix(f.Facts, " KEC gave no reason; this is concluded from what it offers now."), c.inferred != Unknown)
	}
}

// Something beside the machine is short where one disk or interface is named, and only by a cause
// that a machine may have too.
func TestFailure_aside(t *testing.T) {
	t.Parallel()
	for want, all := range map[bool][]Failure{
		true:  {{Cause: Cause{Code: OutOfStock, Param: "DataDisk.1.Type"}}, {Cause: Cause{Code: SubnetFull, Param: "NetworkInterface.1.SubnetId"}}, {thing: &things[0]}},
		false: {{Cause: Cause{Code: OutOfStock, Param: "InstanceType"}}, {Cause: Cause{Code: SubnetFull}}, {Cause: Cause{Code: InvalidParameter, Param: "DataDisk.1.Type"}}},
	} {
		for _, f := range all {
			wantEqual(t, fmt.Sprint(f.Code, f.Param), f.aside(), want)
		}
	}
}

// A failure without an attribute has no path, be it an error or a warning. One of a plan has the
// numbers of the plan.
func TestFailure_paths(t *testing.T) {
	t.Parallel()
	f := OfPlan(market.Shortfall{Kind: market.OutOfStock, Param: "InstanceType", Lookup: "DescribeKecInventory", Words: market.Words{Summary: "Too few", Facts: "1 of 2.", Remedy: "Wait."}})
	wantEqual(t, "of a plan", f.Summary+"\n"+f.Detail(nil), "Too few\n1 of 2.\n\nWait.\n\nCode: OutOfStock (preflight, DescribeKecInventory)\nRetry: later")
	for _, param := range []string{"InstanceType", "Nothing"} {
		f.Param = param
		for what, d := range map[string]diag.Diagnostic{"error": f.Diagnostic(attributes()), "warning": f.Warning(attributes())} {
			_, has := d.(diag.DiagnosticWithPath)
			wantEqual(t, what+" at "+param, has, param == "InstanceType")
		}
	}
}

// A zone is taken by its name, and not by the console's words for it.
func TestOrdered_zone(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"cn-beijing-6a": "cn-beijing-6a", "Beijing 6 A": "", "华北1可用区A": "", "a\tb": "", "": ""} {
		wantEqual(t, value, ordered(kec.SubOrder{Items: map[string]string{"Available_Zone": value, "instance type": "N3.2B"}}).Zone, want)
	}
}

// A batch is explained by the image that it names, and asks for stock where the type and the zone
// are known.
func TestExplainer_whatIsAskedFor(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SetImageState(kecsim.ImageUbuntu, "error")
	e := explainerOf(t, sim)
	launch := orderOf(kecsim.SubnetA, "")
	launch.ImageID = kecsim.ImageUbuntu
	f, o := e.explainRefusal(t.Context(), refusal("ImageIdInvalid", "", ""), launch)
	wantEqual(t, "image", o.Image.Value != nil && o.Image.Value.State == "error", true)
	wantEqual(t, "facts", strings.Contains(f.Facts, kecsim.ImageUbuntu), true)
	launch.ImageID = "IMG-none"
	_, o = e.explainRefusal(t.Context(), refusal("ImageIdInvalid", "", ""), launch)
	wantEqual(t, "an image that KEC does not show", o.Image.Known, false)

	asked := len(sim.Calls())
	_, o = e.explainRefusal(t.Context(), errSoldOut, market.Launch{SubnetID: kecsim.SubnetA})
	wantEqual(t, "without a type", fmt.Sprint(o.Stock.Known, o.Zone, len(sim.Calls())-asked), "falsecn-beijing-6a1")
	asked = len(sim.Calls())
	_, o = e.explainRefusal(t.Context(), errSoldOut, market.Launch{InstanceType: kecsim.TypeSmall})
	wantEqual(t, "without a zone", fmt.Sprint(o.Stock.Known, o.Zone, len(sim.Calls())-asked), "false0")
}

// errDeadline is the end of a context's time.
type errDeadline struct{}

func (errDeadline) Error() string        { return "the time is up" }
func (errDeadline) Is(target error) bool { return target == context.DeadlineExceeded }

func secondsOf(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
