// Package spotinstance is the resource kec_spot_instance: one Spot Instance, from the launch to its
// confirmed end. Each verb of the framework has its file.
package spotinstance

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
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
	_ resource.ResourceWithMoveState      = (*Resource)(nil)
)

// Deadlines of an operation where the user sets none in timeouts.
const (
	createTimeout = 30 * time.Minute
	readTimeout   = 5 * time.Minute
	updateTimeout = 20 * time.Minute
	deleteTimeout = 10 * time.Minute
)

// Time for what is done after an operation has failed, whatever is left of the time of the
// operation: less where the user has interrupted it and waits.
const (
	lastLook  = 30 * time.Second
	briefLook = 5 * time.Second
)

// afterwards is a context for what is still to be done when the context of an operation may have
// ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := lastLook
	if errors.Is(ctx.Err(), context.Canceled) {
		limit = briefLook
	}
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}

// launchedKey holds, in the resource's private state, when an instance was launched. KEC may not
// show it for a while, also to a later process.
const launchedKey = "launched"

// reportedKey holds, in the resource's private state, what KEC reports of an instance otherwise
// than it was ordered, see [wizard.Baseline].
const reportedKey = "reported"

// machineKey holds, in the private state, the id of the machine, as JSON. A CLI hands it to the
// plan of a forced replacement, which otherwise looks like that of a new machine.
const machineKey = "machine"

// toldKey marks, in the private state of a plan, a machine whose end the plan has spoken of.
const toldKey = "told"

// stoppedKey marks, in the private state, a machine that an update has stopped for a change and not
// started again. The value is JSON: whether the machine bears the tag that says so.
const stoppedKey = "stopped"

// Resource implements kec_spot_instance.
type Resource struct {
	*session.Session
}

// New returns the resource, not yet configured.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_spot_instance"
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
	return diag.Diagnostics{diag.NewErrorDiagnostic("The spot instance cannot be "+doing+" yet",
		"KEC cannot be asked: "+why+". Nothing was done.\n\n"+session.MakeReady)}
}
