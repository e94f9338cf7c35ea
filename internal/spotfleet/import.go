package spotfleet

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-uuid"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
)

// ImportState takes a fleet id; the refresh that follows finds the machines by their tag.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	defer guard.Recover(&resp.Diagnostics, "importing a spot fleet")
	if resp.Diagnostics.Append(r.unready("imported")...); resp.Diagnostics.HasError() {
		return
	}
	if _, err := uuid.ParseUUID(req.ID); err != nil {
		resp.Diagnostics.AddError("Not a fleet id", fmt.Sprintf("%q is no UUID.\n\n"+
			"Give the fleet_id that the data source kec_spot_instances shows for the machines of the fleet.", req.ID))
		return
	}
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}
