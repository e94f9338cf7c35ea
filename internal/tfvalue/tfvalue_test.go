package tfvalue_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func literal(t *testing.T, text string) types.Number {
	t.Helper()
	f, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return types.NumberValue(f)
}

func TestNumber_isExactBothWays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ written, plain string }{
		{"0.02", "0.02"}, {"0.1", "0.1"}, {"0.50", "0.5"}, {"5e-1", "0.5"}, {"0.12345", "0.12345"}, {"0.00001", "0.00001"},
		{"123456789012345.67891", "123456789012345.67891"}, {"3", "3"},
	} {
		d := tfvalue.Decimal(literal(t, c.written))
		if d.String() != c.plain {
			t.Errorf("%s reads as %s, want %s", c.written, d, c.plain)
		}
		if got := tfvalue.Number(d); !got.Equal(literal(t, c.written)) {
			t.Errorf("%s comes back as %s", c.written, got)
		}
	}
	if got := tfvalue.Number(nil); !got.IsNull() {
		t.Errorf("nil is %s", got)
	}
	for _, n := range []types.Number{types.NumberNull(), types.NumberUnknown(), types.NumberValue(new(big.Float).SetInf(false))} {
		if got := tfvalue.Decimal(n); got != nil {
			t.Errorf("%s is %s", n, got)
		}
	}
	one := decimal.RequireFromString("1.10")
	if got := tfvalue.Number(&one); !got.Equal(literal(t, "1.1")) {
		t.Errorf("1.10 is %s", got)
	}
}

func TestText_andInstant_areNullWhenAbsent(t *testing.T) {
	t.Parallel()
	if got := tfvalue.Text(""); !got.IsNull() {
		t.Errorf(`"" is %s`, got)
	}
	if got := tfvalue.Text("a"); got.ValueString() != "a" {
		t.Errorf("a is %s", got)
	}
	if got := tfvalue.Instant(nil); !got.IsNull() {
		t.Errorf("nil is %s", got)
	}
	at := time.Date(2026, 3, 2, 17, 14, 5, 0, time.FixedZone("", 8*3600))
	if got := tfvalue.Instant(&at).ValueString(); got != "2026-03-02T09:14:05Z" {
		t.Errorf("got %s", got)
	}
}
