package spotinstance

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// identity is what tells one instance from all others.
type identity struct {
	Region types.String `tfsdk:"region"`
	ID     types.String `tfsdk:"id"`
}

// identify fills the identity, on a CLI that has identities. Terraform wants it also of an instance
// that is gone, and also while the provider's configuration is unknown: then the zone, which is the
// region and a letter, tells the region.
func (r *Resource) identify(ctx context.Context, m *model, to *tfsdk.ResourceIdentity) diag.Diagnostics {
	if to == nil {
		return nil
	}
	region := r.Region
	if region == "" {
		region = strings.TrimRight(m.AvailabilityZone.ValueString(), "abcdefghijklmnopqrstuvwxyz")
	}
	return to.Set(ctx, identity{Region: types.StringValue(region), ID: m.ID})
}

// IdentitySchema is what tells one instance from all others.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"region": identityschema.StringAttribute{RequiredForImport: true, Description: "Region of the instance, such as cn-beijing-6."},
		"id":     identityschema.StringAttribute{RequiredForImport: true, Description: "Instance id, a UUID."},
	}}
}
