package spotinstance

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

// identity is what tells one instance from all others.
type identity struct {
	Region types.String `tfsdk:"region"`
	ID     types.String `tfsdk:"id"`
}

// identify fills the identity, on a CLI that has identities. Terraform wants it also of an instance
// that is gone, and also while the provider's own region is not known: then the zone has to tell
// where nothing else does.
func (r *Resource) identify(ctx context.Context, m *model, last session.Origin, to *tfsdk.ResourceIdentity) diag.Diagnostics {
	if to == nil {
		return nil
	}
	region := cmp.Or(last.Region, r.Region, session.RegionOf(m.AvailabilityZone.ValueString()))
	return to.Set(ctx, identity{Region: types.StringValue(region), ID: m.ID})
}

// IdentitySchema is what tells one instance from all others.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"region": identityschema.StringAttribute{RequiredForImport: true, Description: "Region of the instance, such as cn-beijing-6."},
		"id":     identityschema.StringAttribute{RequiredForImport: true, Description: "Instance id, a UUID."},
	}}
}
