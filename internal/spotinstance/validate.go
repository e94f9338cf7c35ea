package spotinstance

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
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
		wizard.ValidateDeadlines(c.Timeouts), c.Login.Validate(),
	} {
		resp.Diagnostics.Append(broken...)
	}
}
