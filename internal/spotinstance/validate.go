package spotinstance

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ValidateConfig holds the configuration against the rules of the steps. What is still unknown
// breaks no rule.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var c model
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &c)...)
	if resp.Diagnostics.HasError() {
		return
	}
	for _, broken := range []diag.Diagnostics{
		c.Bid.Validate(path.Empty()), c.Release.Validate(), c.Address.Validate(), c.Storage.Validate(), c.Network.Validate(),
		validateDeadlines(c.Timeouts), c.Login.Validate(),
	} {
		resp.Diagnostics.Append(broken...)
	}
}

// validateDeadlines refuses a deadline that is over at once.
func validateDeadlines(limits timeouts.Value) diag.Diagnostics {
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
