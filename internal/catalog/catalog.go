// Package catalog holds the data sources that show what KEC offers. One file is one data source:
// its schema, its model and the function that reads it. To add another one, add that file and a
// line in the provider's list of data sources.
package catalog

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// source is what distinguishes one data source from the others. M is its model, with a field for
// each attribute.
type source[M any] struct {
	name   string // without the provider's name and the underscore
	what   string // is read, in the plural, for messages
	schema schema.Schema
	// read fills the computed attributes of a model that holds the configuration.
	read func(ctx context.Context, s *session.Session, m *M) error
	// warn says what is to be known beside what was read; nil for nothing.
	warn func(m *M) diag.Diagnostics
}

// new returns the data source, not yet configured.
func (s source[M]) new() datasource.DataSource { return &dataSource[M]{source: s} }

// dataSource is a source with the session of the provider.
type dataSource[M any] struct {
	source[M]
	session *session.Session
}

// Metadata names the data source.
func (d *dataSource[M]) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.name
}

// Schema describes the data source.
func (d *dataSource[M]) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.schema
}

// Configure takes the session of the provider.
func (d *dataSource[M]) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = session.From(req.ProviderData, &resp.Diagnostics)
}

// Read asks KEC.
func (d *dataSource[M]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer guard.Recover(&resp.Diagnostics, "reading "+d.what)
	var m M
	if resp.Diagnostics.Append(req.Config.Get(ctx, &m)...); resp.Diagnostics.HasError() {
		return
	}
	if why := d.session.NotReady(); why != "" {
		resp.Diagnostics.AddError("Data of KEC cannot be read yet", fmt.Sprintf(
			"KEC cannot be asked for %s: %s.\n\n%s", d.what, why, session.MakeReady))
		return
	}
	if err := d.read(ctx, d.session, &m); err != nil {
		resp.Diagnostics.Append(failure.Of(err).WithoutPath(wizard.Parameters()))
		return
	}
	if d.warn != nil {
		resp.Diagnostics.Append(d.warn(&m)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
