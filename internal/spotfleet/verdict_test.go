package spotfleet

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// filled is the end of a run: a fleet of five, at least three of them, with these members.
func filled(have ...member) *filling {
	m := sized(5, spotIn("s-a", "0.06"), spotIn("s-b", "0.06"))
	m.MinCapacity, m.InstanceName = types.Int64Value(3), types.StringValue("web-")
	return &filling{plan: m, mem: &memory{}, have: have, orders: map[string]placed{}, rows: []*row{
		{Row: market.Row{At: "candidates[0]", Type: "N3.2B", Zone: "cn-beijing-6a", Wanted: 5, Got: 2, Why: "Out of stock: 5 wanted, 2 available."}},
		{Row: market.Row{At: "candidates[1]", Type: "N3.2B"}},
	}}
}

const (
	rows = "candidates[0]  N3.2B in cn-beijing-6a: 2 of 5. Out of stock: 5 wanted, 2 available.\ncandidates[1]  N3.2B: not asked."
	more = "\n\nAdd candidates in other zones or of other types, lower min_capacity, or set wait_for_stock to wait for what is short."
	code = "\n\nCode: FleetShort\nRetry: later"
)

// members makes n of them.
func some(n int) (all []member) {
	for i := range n {
		all = append(all, running(string(rune('a'+i))))
	}
	return all
}

// What an update says of a fleet that is not complete: a warning where there are enough, an error
// where there are too few, and no more than that where the user has stopped it.
func TestVerdict(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	over, end := context.WithTimeout(t.Context(), 0)
	defer end()
	ordered := func(f *filling) *filling { // one that has not been seen since
		f.have[0].State = types.StringNull()
		f.orders["a"] = placed{}
		return f
	}
	for name, c := range map[string]struct {
		f       *filling
		ctx     context.Context //nolint:containedctx // how it ends
		summary string
		isError bool
	}{
		"complete":                 {filled(some(5)...), t.Context(), "", false},
		"complete, and stopped":    {filled(some(5)...), stopped, "", false},
		"one has not been seen":    {ordered(filled(some(5)...)), over, "Machines of the fleet do not run yet", false},
		"the same, and stopped":    {ordered(filled(some(5)...)), stopped, "Interrupted: the fleet is not complete", false},
		"fewer, and enough":        {filled(some(3)...), over, "The fleet has 3 of 5 machines", false},
		"fewer, and stopped":       {filled(some(2)...), stopped, "Interrupted: the fleet is not complete", false},
		"too few":                  {filled(some(2)...), over, "The fleet is short of machines: 3 wanted at least, 2 there", true},
		"one of them is no member": {filled(append(some(2), running("z", in("error")))...), over, "The fleet is short of machines: 3 wanted at least, 2 there", true},
	} {
		diags := c.f.verdict(c.ctx)
		if c.summary == "" {
			said(t, name, diags)
			continue
		}
		if len(diags) != 1 || diags[0].Summary() != c.summary || diags.HasError() != c.isError {
			t.Errorf("%s: it says %v, want %s", name, diags, c.summary)
		}
	}
}

// The words of each verdict, to the letter.
func TestVerdict_words(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	said(t, "enough", filled(some(3)...).verdict(t.Context()), "Warning The fleet has 3 of 5 machines\n"+rows+more+code)
	said(t, "too few", filled(some(2)...).verdict(t.Context()),
		"Error The fleet is short of machines: 3 wanted at least, 2 there\n"+rows+more+"\n\nEverything that there is stays; the next apply orders what is missing."+code)
	said(t, "stopped", filled(some(2)...).verdict(stopped), "Warning Interrupted: the fleet is not complete\n"+
		`The fleet "web-" (f-1) has 2 of 5 machines; all that were ordered are in the state.`+"\n\nThe next apply orders the rest.")
	said(t, "stopped before the last", filled(some(4)...).verdict(stopped), "Warning Interrupted: the fleet is not complete\n"+
		`The fleet "web-" (f-1) has 4 of 5 machines; all that were ordered are in the state.`+"\n\nThe next apply orders the rest.")
	f := filled(some(5)...)
	f.have[0].State, f.orders["a"] = types.StringNull(), placed{}
	said(t, "all ordered", f.verdict(stopped), "Warning Interrupted: the fleet is not complete\n"+
		`The fleet "web-" (f-1) has 5 of 5 machines; all that were ordered are in the state.`+"\n\nThe next refresh shows whether they run.")
	said(t, "late", f.verdict(t.Context()), "Warning Machines of the fleet do not run yet\n"+
		`The time was over before 1 of the 5 machines of the fleet "web-" (f-1) ran. They are in the state, and the next refresh shows what has become of them.`+
		"\n\nGive the operation more time in timeouts.")
}

// The failure of a creation says what became of what was got, and what stopped the run comes first.
func TestShort(t *testing.T) {
	t.Parallel()
	f := filled(some(2)...)
	if got := f.short("All is given back."); got.Summary != "The fleet is short of machines: 3 wanted at least, 2 got" || got.Note != "All is given back." || got.Facts != rows || got.Code != failure.FleetShort {
		t.Errorf("it is %+v", got)
	}
	if f.dear = true; f.short("").Code != failure.FleetTooDear {
		t.Errorf("kept by the ceiling, it is %s", f.short("").Code)
	}
	stop := failure.Of(errors.New("the network is down"))
	stop.Facts, stop.Note = "One clue.", "One note."
	f.stop = &stop
	got := f.short("All is given back.")
	if got.Summary != stop.Summary || got.Note != "One note. All is given back." || got.Code != stop.Code ||
		got.Facts != "One clue.\n\nThe fleet is short of machines: 3 wanted at least, 2 got.\n"+rows {
		t.Errorf("stopped, it is %+v", got)
	}
	if stop.Note != "One note." {
		t.Errorf("what stopped it is changed: %+v", stop)
	}

	// Where it is not known what the last launch has brought, an interrupted run says so, and why.
	stop = failure.Failure{Cause: failure.CauseOf(failure.OutcomeUnknown)}
	diags := f.cut()
	if len(diags) != 2 || diags[0].Summary() != stop.Summary || diags[1].Detail() !=
		`The fleet "web-" (f-1) has 2 of 5 machines; what its last launch has brought is not known.`+"\n\nThe next apply orders the rest." {
		t.Errorf("it says %v", diags)
	}
}

// How many more machines fit under max_hourly_cost beside those that there are, to the cent.
func TestAffordable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		most, price string
		n, want     int64
		dear        bool
		why         string
	}{
		"no ceiling":         {"", "0.1", 7, 7, false, ""},
		"all fit exactly":    {"0.72", "0.1", 6, 6, false, ""},
		"one too many":       {"0.72", "0.1", 7, 6, true, ""},
		"a cent short":       {"0.71", "0.1", 6, 5, true, ""},
		"just one":           {"0.22", "0.1", 1, 1, false, ""},
		"none":               {"0.21", "0.1", 1, 0, true, "max_hourly_cost is 0.21; the machines cost up to 0.12, and one more 0.1."},
		"exceeded already":   {"0.05", "0.1", 3, 0, true, "max_hourly_cost is 0.05; the machines cost up to 0.12, and one more 0.1."},
		"a price of nothing": {"0.05", "0", 3, 3, false, ""},
		"no price":           {"0.72", "", 3, 0, true, "What the machines cost is not known, and max_hourly_cost must not be exceeded."},
	} {
		f := filled(running("a", limited("0.06")), running("b", limited("0.06")))
		f.plan.MaxHourlyCost, f.rows[1].Why = number(c.most), ""
		got := f.affordable(t.Context(), 1, c.n, amount(c.price))
		if got != c.want || f.dear != c.dear || f.rows[1].Why != c.why || f.rows[1].closed != (c.why != "") || f.rows[1].passes || f.rows[0].closed {
			t.Errorf("%s: %d fit, want %d; kept by the ceiling %t; %s", name, got, c.want, f.dear, f.rows[1].Why)
		}
	}
}

// What a launch brings is taken in once, saved and remembered before anything else is done.
func TestAdopt(t *testing.T) {
	t.Parallel()
	f := filled(running("A"))
	saved := 0
	f.save = func(have []member) { saved = len(have) }
	f.adopt(order{candidate: 1, limit: amount("0.06"), number: 7}, machines.Batch{IDs: []string{"a", "B", "c"}, At: noon}, placed{candidate: 1})
	if got := ids(f.have); !slices.Equal(got, []string{"A", "B", "c"}) || saved != 3 {
		t.Errorf("the members are %v, and %d are saved", got, saved)
	}
	if one := f.have[1]; one.Name.ValueString() != "web-8" || one.SubnetID.ValueString() != "s-b" || !one.SpotPriceLimit.Equal(number("0.06")) {
		t.Errorf("a new one is %+v", one)
	}
	if f.rows[1].Got != 2 || f.rows[0].Got != 2 || f.orders["b"].candidate != 1 || len(f.orders) != 2 {
		t.Errorf("the candidate has got %d, ordered are %v", f.rows[1].Got, f.orders)
	}
	if len(f.mem.Launched) != 3 || !f.mem.Launched["b"].Equal(noon) || len(f.mem.Reported) != 3 {
		t.Errorf("remembered are %v and %v", f.mem.Launched, f.mem.Reported)
	}
	if got := f.pending(); !slices.Equal(got, []string{"B", "c"}) {
		t.Errorf("pending are %v", got)
	}
	f.plan.InstanceName = types.StringNull()
	if f.adopt(order{}, machines.Batch{IDs: []string{"d"}, At: noon}, placed{}); !f.have[3].Name.IsNull() {
		t.Errorf("without a name it is %s", f.have[3].Name)
	}
}

// An even spread gives each candidate as many, the first ones one more, and counts what each has.
func TestEven(t *testing.T) {
	t.Parallel()
	inB := func(one *member) { one.SubnetID = types.StringValue("S-B") }
	of := func(id, subnet string) member {
		return running(id, func(one *member) { one.SubnetID = types.StringValue(subnet) })
	}
	for name, c := range map[string]struct {
		target int64
		have   []member
		want   [4]int64 // of s-a, on demand, s-b and s-c
	}{
		"none":                   {0, nil, [4]int64{}},
		"one":                    {1, nil, [4]int64{1, 0, 0, 0}},
		"two":                    {2, nil, [4]int64{1, 0, 1, 0}},
		"three":                  {3, nil, [4]int64{1, 0, 1, 1}},
		"eight":                  {8, nil, [4]int64{3, 0, 3, 2}},
		"beside two":             {6, []member{of("a", "s-a"), running("b", inB)}, [4]int64{1, 0, 1, 2}},
		"beside too many of one": {6, []member{of("a", "s-a"), of("b", "s-a"), of("c", "s-a")}, [4]int64{0, 0, 2, 2}},
		"beside a failed one":    {3, []member{running("a", in("error"))}, [4]int64{1, 0, 1, 1}},
		"beside one on demand":   {3, []member{running("a", onDemand)}, [4]int64{1, 0, 1, 1}},
		"beside another type":    {3, []member{running("a", func(one *member) { one.InstanceType = types.StringValue("N3.4B") })}, [4]int64{1, 0, 1, 1}},
		"in small letters":       {3, []member{running("a", func(one *member) { one.InstanceType = types.StringValue("n3.2b") })}, [4]int64{0, 0, 1, 1}},
	} {
		f := filled(c.have...)
		f.plan.TargetCapacity, f.plan.Candidates = types.Int64Value(c.target), candidates.List([]candidate{spotIn("s-a", ""), dear(), spotIn("s-b", ""), spotIn("s-c", "")})
		if got := [4]int64(f.even()); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Candidates are asked as they are listed, and those on demand last.
func TestSequence_listed(t *testing.T) {
	t.Parallel()
	f := filled()
	f.plan.Candidates = candidates.List([]candidate{dear(), spotIn("s-b", ""), dear(), spotIn("s-a", "")})
	if got := [4]int(f.sequence(t.Context())); got != [4]int{1, 3, 0, 2} {
		t.Errorf("they are asked as %v", got)
	}
}
