package failure

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// retries are what a pipeline may do after each cause.
var retries = map[Code]Retry{
	OutOfStock: "later", PriceBelowMarket: "later", SubnetFull: "later", Throttled: "later", LaunchFailed: "later",
	NotSent: "later", ChangeUnknown: "later", UnusableAnswer: "later", ServiceUnavailable: "later", Unreachable: "later",
	DeadlineExceeded: "later", Interrupted: "later", InstanceGone: "later", FleetShort: "later",

	ExcessiveNumber: "after a change", PriceAboveOnDemand: "after a change", SpotNotOffered: "after a change",
	InsufficientBalance: "after a change", ImageUnusable: "after a change", InvalidParameter: "after a change",
	PermissionDenied: "after a change", InstanceProtected: "after a change", OrderUnpaid: "after a change",
	InstanceInErrorState: "after a change", FleetTooDear: "after a change", Unknown: "after a change",

	OutcomeUnknown: "never", OrderCanceled: "never",
}

func TestCatalogue_everyCauseSaysWhetherToRetry(t *testing.T) {
	t.Parallel()
	for _, c := range Catalogue() {
		if want, ok := retries[c.Code]; !ok || c.Retry != want {
			t.Errorf("%s: retry %q, want %q", c.Code, c.Retry, want)
		}
	}
	wantEqual(t, "causes", len(retries), len(Catalogue()))
}

// Whatever a message is made of, the retry is its last line, and stands there once.
func TestRetry_isTheLastLineOfEveryMessage(t *testing.T) {
	t.Parallel()
	table := attributes()
	table.At(path.Root("data_disks").AtListIndex(1).AtName("size_gib"), "DataDisk.2.Size", types.Int64Value(6))
	forms := map[string]func(f *Failure){
		"as the catalogue has it": func(*Failure) {},
		"with numbers and a note": func(f *Failure) {
			f.Facts, f.Note = "1 wanted, 0 available.", "To destroy all the same: destroy -refresh=false."
		},
		"of a plan": func(f *Failure) { f.Source, f.Action = FromPreflight, "DescribeKecInventory" },
		"inferred": func(f *Failure) {
			f.Source, f.Action, f.SubOrderID, f.InstanceID = Inferred, "QueryOrderInfo", "1-1", "i-1"
		},
		"with KEC's words": func(f *Failure) {
			f.quote(&ksyun.Error{Action: "RunInstances", Code: "Odd", Message: "no\nRetry: soon", RequestID: "r1", Status: 400})
		},
		"at a nested attribute": func(f *Failure) { f.Param = "DataDisk.2.Size" },
	}
	renders := map[string]func(f Failure) string{
		"Diagnostic":          func(f Failure) string { return f.Diagnostic(table).Detail() },
		"Warning":             func(f Failure) string { return f.Warning(table).Detail() },
		"WithoutPath":         func(f Failure) string { return f.WithoutPath(table).Detail() },
		"Detail":              func(f Failure) string { return f.Detail(nil) },
		"Detail and one line": func(f Failure) string { return f.Detail(table, "Attribute: image_id of kec_spot_instance") },
		"Detail and no line":  func(f Failure) string { return f.Detail(table, "") },
	}
	for _, cause := range Catalogue() {
		for form, change := range forms {
			f := newFailure(cause.Code)
			change(&f)
			for render, detail := range renders {
				text := detail(f)
				if want := "\nRetry: " + string(retries[cause.Code]); !strings.HasSuffix(text, want) || strings.Count(text, "\nRetry: ") != 1 {
					t.Errorf("%s, %s, %s: the last line is not %q in\n%s", cause.Code, form, render, want, text)
				}
			}
		}
	}
}

// KEC refuses a limit as too high that is within the prices now, so the same limit may be taken.
func TestRetry_aLimitWithinThePrices(t *testing.T) {
	t.Parallel()
	refusal := &ksyun.Error{Action: "RunInstances", Code: "Odd", Message: "higher than the on-demand price", Status: 400}
	for price, want := range map[string]Retry{"0.1965": RetryLater, "0.09": RetryAfterChange} {
		sim := kecsim.New()
		sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", price)
		f, _ := explainerOf(t, sim).explainRefusal(t.Context(), refusal, orderOf(kecsim.SubnetA, "0.1"))
		wantEqual(t, "code", f.Code, PriceAboveOnDemand)
		wantEqual(t, "retry at "+price, f.Retry, want)
	}
}
