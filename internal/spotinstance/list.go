package spotinstance

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/inventory"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// lister is the list resource kec_spot_instance, which shares name and session with the resource.
type lister struct{ Resource }

var _ list.ListResourceWithConfigure = (*lister)(nil)

// NewList returns the list resource, not yet configured.
func NewList() list.ListResource { return &lister{} }

// ListResourceConfigSchema describes what machines are selected by.
func (l *lister) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the account's Spot Instances in the provider's region, whoever has launched them, with `terraform query`, which can write the " +
			"configuration of an import too. Terraform has list resources from 1.14 on; OpenTofu has none yet: there the data source `kec_spot_instances` finds the same.\n\n" +
			"What is listed is what an import of the machine reads. Tags are asked for where they select, or with `include_resource = true`. Without the permission " +
			"for the list of projects (iam `GetAccountAllProjectList`) the machines of the default project are listed, with a warning.",
		Attributes: inventory.ListAttributes(),
	}
}

// List hands over the machines as they are read, page by page, until there are no more, the limit
// is reached, nobody takes them or the context ends. It reads in the goroutine of its caller.
func (l *lister) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	stream.Results = func(push func(list.ListResult) bool) {
		if diags := l.list(ctx, req, push); len(diags) > 0 {
			push(list.ListResult{Diagnostics: diags})
		}
	}
}

// list pushes a result for each machine. It returns what ends the list before its time.
func (l *lister) list(ctx context.Context, req list.ListRequest, push func(list.ListResult) bool) (diags diag.Diagnostics) {
	defer guard.Recover(&diags, "listing spot instances")
	if diags := l.unready("listed"); diags.HasError() {
		return diags
	}
	var config struct{ inventory.Filter }
	if diags.Append(req.Config.Get(ctx, &config)...); diags.HasError() {
		return diags
	}
	filter, err := config.Machines()
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Not a regular expression", err.Error())}
	}
	filter.WithTags = req.IncludeResource
	blank, diags := l.blank(ctx, req)
	if diags.HasError() {
		return diags
	}
	batch, left := kec.MaxPage, req.Limit
	if left > 0 && left < kec.MaxPage {
		batch = int(left)
	}
	all, everywhere := l.Machines.List(ctx, filter, batch)
	if !everywhere && ctx.Err() == nil && !push(list.ListResult{Diagnostics: diag.Diagnostics{inventory.DefaultProjectOnly()}}) {
		return nil
	}
	for one, err := range all {
		if err != nil {
			return diag.Diagnostics{failure.Of(err).WithoutPath(wizard.Parameters())}
		}
		if left--; !push(l.result(ctx, req, blank, one)) || left == 0 {
			return nil
		}
	}
	return nil
}

// blank is the model of a machine of which nothing is known.
func (l *lister) blank(ctx context.Context, req list.ListRequest) (m model, diags diag.Diagnostics) {
	of, _ := req.ResourceSchema.Type().TerraformType(ctx).(tftypes.Object)
	values := make(map[string]tftypes.Value, len(of.AttributeTypes))
	for name, t := range of.AttributeTypes {
		values[name] = tftypes.NewValue(t, nil)
	}
	return m, codec().Read(ctx, tftypes.NewValue(of, values), &m)
}

// result is a machine as its import would read it.
func (l *lister) result(ctx context.Context, req list.ListRequest, m model, one machines.Listed) list.ListResult {
	m.refresh(wizard.NewImport(one.Instance))
	result := req.NewListResult(ctx)
	result.DisplayName = m.title()
	result.Diagnostics.Append(l.identify(ctx, &m, l.Here, result.Identity)...)
	if req.IncludeResource {
		m.TagMaps.Refresh(one.Tags, tfvalue.MapTexts(l.DefaultTags))
		result.Diagnostics.Append(codec().Write(ctx, &m, &result.Resource.Raw)...)
	}
	return result
}
