package spotfleet

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"
)

func same(a, b *decimal.Decimal) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// A fleet ends what did not start, and of what is too many first what is lost least.
func TestSurplus(t *testing.T) {
	t.Parallel()
	const past, future = "2026-03-02T11:59:00Z", "2026-03-02T12:30:00Z"
	all := []member{
		running("guaranteed", limited("0.06"), until(future), created("2026-03-02T11:30:00Z")),
		running("zzz free", limited("0.06"), until(past)),
		running("stopped", limited("0.06"), in("stopped"), until(future)),
		running("hidden", limited("0.06"), until(future)),
		running("announced", limited("0.06"), announced, until(future)),
		running("broken", in("build_error"), until(future)),
	}
	order := []string{"broken", "announced", "stopped", "hidden", "zzz free", "guaranteed"}
	mem := &memory{Hidden: []string{"HIDDEN"}}
	for target := range int64(8) {
		m := sized(target)
		want := order[:max(6-target, 1)]
		if got := ids(m.surplus(all, mem, noon)); !slices.Equal(got, want) {
			t.Errorf("of a fleet of %d go %v, want %v", target, got, want)
		}
	}
	if got := sized(5).surplus(slices.DeleteFunc(slices.Clone(all), member.failed), mem, noon); got != nil {
		t.Errorf("of 5 that are wanted and there go %v", ids(got))
	}

	// What is being reclaimed does not count where its successor is to come before it goes. It goes
	// with the rest where there are too many without it.
	for target, want := range map[int64][]string{5: {"broken"}, 4: {"broken"}, 3: {"broken", "announced", "stopped"}, 0: order} {
		m := sized(target)
		m.ReplaceBeforeRelease = types.BoolValue(true)
		if got := ids(m.surplus(all, mem, noon)); !slices.Equal(got, want) {
			t.Errorf("of a fleet of %d with successors go %v, want %v", target, got, want)
		}
	}
}

// Of those that are lost as easily go those on demand, then the dearest, then the newest.
func TestSurplus_ofAlike(t *testing.T) {
	t.Parallel()
	mem := &memory{}
	mem.price("N3.2B", "s-a", *amount("0.2"))
	elsewhere := func(one *member) { one.SubnetID = types.StringValue("s-b") }
	all := []member{
		running("unknown price", elsewhere, created("2026-03-02T08:00:00Z")),
		running("old", limited("0.06"), created("2026-03-02T08:00:00Z")),
		running("b", limited("0.06"), created("2026-03-02T09:00:00Z")),
		running("a", limited("0.06"), created("2026-03-02T09:00:00Z")),
		running("not seen yet", limited("0.06")),
		running("dear", limited("0.07"), created("2026-03-02T07:00:00Z")),
		running("follows", created("2026-03-02T07:00:00Z")),
		running("cheap on demand", elsewhere, onDemand, created("2026-03-02T06:00:00Z")),
		running("on demand", onDemand, created("2026-03-02T06:00:00Z")),
	}
	want := []string{"on demand", "cheap on demand", "follows", "dear", "not seen yet", "b", "a", "old", "unknown price"}
	for n := range len(all) {
		if got := ids(sized(int64(len(all)-n)).surplus(all, mem, noon)); !slices.Equal(got, want[:n]) {
			t.Errorf("%d go: %v, want %v", n, got, want[:n])
		}
	}
	if got := ids(all); got[0] != "unknown price" || got[8] != "on demand" {
		t.Errorf("the members themselves are in another order: %v", got)
	}
}
