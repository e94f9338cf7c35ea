// Package spotfleet is the resource kec_spot_fleet: many machines of any of several types, zones
// and bids, kept at a size. Each verb of the framework has its file; fill.go orders machines and
// shrink.go ends them.
package spotfleet

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
)

// Deadlines of an operation where the user sets none in timeouts.
const (
	createTimeout = 60 * time.Minute
	readTimeout   = 10 * time.Minute
	updateTimeout = 60 * time.Minute
	deleteTimeout = 30 * time.Minute
)

// giveBack bounds the end of what a failed creation has got, after the deadline of the creation.
const giveBack = 10 * time.Minute

// Resource implements kec_spot_fleet.
type Resource struct {
	*session.Session
}

// New returns the resource, not yet configured.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_spot_fleet"
}

// Configure takes the session of the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.Session = session.From(req.ProviderData, &resp.Diagnostics)
}

// unready refuses an operation while nothing can be asked of KEC.
func (r *Resource) unready(doing string) diag.Diagnostics {
	why := r.NotReady()
	if why == "" {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The spot fleet cannot be "+doing+" yet",
		"KEC cannot be asked: "+why+". Nothing was done.\n\n"+session.MakeReady)}
}

// interrupted tells whether the user has stopped the run.
func interrupted(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
