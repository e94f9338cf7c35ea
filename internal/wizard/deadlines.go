package wizard

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Deadlines describes the attribute timeouts with these descriptions of its parts.
func Deadlines(ctx context.Context, of timeouts.Opts) map[string]schema.Attribute {
	of.Create, of.Read, of.Update, of.Delete = true, true, true, true
	attribute := timeouts.Attributes(ctx, of)
	if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "Deadlines, all waiting and repetition included, as durations with a unit (`s`, `m`, `h`)."
		attribute = nested
	}
	return map[string]schema.Attribute{"timeouts": attribute}
}

// ValidateDeadlines refuses a deadline that is over at once.
func ValidateDeadlines(limits timeouts.Value) diag.Diagnostics {
	var diags diag.Diagnostics
	for name, v := range limits.Attributes() {
		limit, _ := v.(types.String)
		if d, err := time.ParseDuration(limit.ValueString()); err == nil && d <= 0 {
			diags.AddAttributeError(path.Root("timeouts"), "A deadline that is always over",
				fmt.Sprintf("timeouts.%s is %s.\n\nGive a positive duration, such as 20m.", name, limit.ValueString()))
		}
	}
	return diags
}
