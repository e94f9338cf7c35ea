// Package tfvalue turns Go values into Terraform's and back without losing anything: an absent text
// is null and never "", and money stays exact. [Codec] does it for whole models, [Nested] for their
// nested attributes.
package tfvalue

import (
	"math/big"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"
)

// Text is null for "".
func Text(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// Instant is RFC 3339 in UTC, null for nil.
func Instant(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// terraformPrecision is the number of bits with which Terraform parses a literal. With fewer bits,
// 0.02 from KEC and 0.02 from HCL would differ.
const terraformPrecision = 512

// Number is a decimal as Terraform holds a literal of the same text, null for nil.
func Number(d *decimal.Decimal) types.Number {
	if d == nil {
		return types.NumberNull()
	}
	f, _, err := big.ParseFloat(d.String(), 10, terraformPrecision, big.ToNearestEven)
	if err != nil {
		return types.NumberNull()
	}
	return types.NumberValue(f)
}

// Decimal is the exact decimal behind a number, nil for null and unknown: the shortest text that
// stands for the number is what the user wrote.
func Decimal(n types.Number) *decimal.Decimal {
	if n.IsNull() || n.IsUnknown() {
		return nil
	}
	d, err := decimal.NewFromString(n.ValueBigFloat().Text('f', -1))
	if err != nil { // an infinity, which no literal can be
		return nil
	}
	return &d
}
