// Package catalog holds the data sources that show what KEC offers. One file is one data source:
// its schema, its model and the function that reads it. To add another one, add that file and a
// line in the provider's list of data sources.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	rules  []datasource.ConfigValidator // of more than one attribute
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

// ConfigValidators are the rules that need more than one attribute.
func (d *dataSource[M]) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return d.rules
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
		resp.Diagnostics.Append(explain(d.what, err))
		return
	}
	if d.warn != nil {
		resp.Diagnostics.Append(d.warn(&m)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// lookUpError is a look-up that has failed, with what was asked.
type lookUpError struct {
	what string
	err  error
}

func (e *lookUpError) Error() string { return e.what + " cannot be looked up: " + e.err.Error() }

func (e *lookUpError) Unwrap() error { return e.err }

// lookUp says what a look-up that has failed was of.
func lookUp(what string, err error) error { return &lookUpError{what, err} }

// refusalError is a configuration that the data source does not take.
type refusalError struct{ summary, detail string }

func (e *refusalError) Error() string { return e.summary }

// refusal refuses a configuration. The detail holds the numbers and, after an empty line, the
// remedy.
func refusal(summary, detail string) error { return &refusalError{summary, detail} }

// explain is the error of a reading as a diagnostic. It names what was asked, and the permission
// that takes, because a data source is often the only thing that needs it.
func explain(what string, err error) diag.Diagnostic {
	if refused, ok := errors.AsType[*refusalError](err); ok {
		return diag.NewErrorDiagnostic(refused.summary, refused.detail)
	}
	if failed, ok := errors.AsType[*lookUpError](err); ok {
		what = failed.what
	}
	f := failure.Of(err)
	said := strings.ToUpper(what[:1]) + what[1:] + " cannot be looked up"
	if f.Code == failure.PermissionDenied && f.Action != "" {
		said += ", which takes permission for " + f.Action
	}
	f.Facts = strings.TrimSpace(said + ". " + f.Facts)
	return f.WithoutPath(wizard.Parameters())
}
