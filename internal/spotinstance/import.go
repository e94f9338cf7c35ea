package spotinstance

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// importedKey marks, in the resource's private state, an instance that was imported and never
// updated since: what KEC does not report about it is unknown rather than unset. The value lists
// the attributes about which KEC was silent when the import was read.
const importedKey = "imported"

// movedKey marks, in the resource's private state, a machine that was taken over from the official
// provider and not seen since. Its absence proves nothing, because nothing says where it is.
const movedKey = "moved"

// ImportState takes an instance id, or an identity of the provider's region; the refresh that
// follows reads the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	defer guard.Recover(&resp.Diagnostics, "importing a spot instance")
	if resp.Diagnostics.Append(r.unready("imported")...); resp.Diagnostics.HasError() {
		return
	}
	id := req.ID
	if id == "" && req.Identity != nil && !req.Identity.Raw.IsNull() {
		var of identity
		if resp.Diagnostics.Append(req.Identity.Get(ctx, &of)...); resp.Diagnostics.HasError() {
			return
		}
		id = of.ID.ValueString()
		switch region := of.Region.ValueString(); region {
		case r.Region:
		case "":
			resp.Diagnostics.AddError("Nothing to import", "The identity names no region.\n\nGive the region of the instance, such as "+r.Region+".")
		default:
			resp.Diagnostics.AddError("The instance is in another region", fmt.Sprintf(
				"The identity names the region %s; the provider works in %s.\n\nImport it with a provider for %s.", region, r.Region, region))
		}
	}
	switch {
	case resp.Diagnostics.HasError():
		return
	case id == "":
		resp.Diagnostics.AddError("Nothing to import", "The id is empty.\n\nGive the instance id as the console shows it, a UUID.")
		return
	case strings.ContainsFunc(id, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }):
		resp.Diagnostics.AddError("Not an instance id", fmt.Sprintf("The id %q holds a space or a control character.\n\n"+
			"Give the instance id as the console shows it, a UUID.", id))
		return
	}
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("id"), path.Root("id"), req, resp)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, []byte("true"))...)
}

// MoveState takes over a ksyun_instance of the official provider, without touching the machine,
// where it is a Spot Instance.
func (r *Resource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: moveFromKsyun}}
}

func moveFromKsyun(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	if req.SourceTypeName != "ksyun_instance" || !official(req.SourceProviderAddress) || req.SourceRawState == nil {
		return // a resource that this provider does not take over
	}
	var source struct {
		ID         string `json:"id"`
		ChargeType string `json:"charge_type"`
	}
	if err := json.Unmarshal(req.SourceRawState.JSON, &source); err != nil || source.ID == "" {
		resp.Diagnostics.AddError("This ksyun_instance cannot be taken over",
			"Its state holds no instance id.\n\nRun a refresh with the official provider first, then move it.")
		return
	}
	if source.ChargeType != "" && source.ChargeType != kec.ChargeSpot {
		resp.Diagnostics.AddError("This ksyun_instance is no Spot Instance", fmt.Sprintf(
			"Instance %s has the charge type %s; kec_spot_instance is for Spot Instances.\n\nLeave it with ksyun_instance, and take the moved block out.",
			source.ID, source.ChargeType))
		return
	}
	// The refresh that follows reads the rest, as after an import.
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), source.ID)...)
	resp.Diagnostics.Append(resp.TargetPrivate.SetKey(ctx, importedKey, []byte("true"))...)
	resp.Diagnostics.Append(resp.TargetPrivate.SetKey(ctx, movedKey, []byte("true"))...)
}

// official tells whether an address is that of the official provider. OpenTofu before 1.11.12 and
// 1.12.4 hands over the bare name of the provider in place of its address.
func official(address string) bool {
	return address == "ksyun" || strings.HasSuffix(address, "/kingsoftcloud/ksyun")
}
