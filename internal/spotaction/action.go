// Package spotaction is the actions kec_spot_instance_start, kec_spot_instance_stop and
// kec_spot_instance_reboot: what changes the power of one machine, and no resource.
package spotaction

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

// defaultTimeout is the deadline where the user sets none.
const defaultTimeout = 10 * time.Minute

// power is what distinguishes the actions from each other.
type power struct {
	verb   string // start, stop or reboot
	past   string // started, stopped or rebooted
	from   string // the state in which KEC takes the call
	to     string // the state that is wanted
	what   string // the action does, for the documentation
	repeat string // is said to a user whose call has an unknown outcome
	send   func(api *kec.Client, ctx context.Context, id string) error
}

// Action implements one of the actions.
type Action struct {
	power
	session *session.Session
}

var _ action.ActionWithConfigure = (*Action)(nil)

// The remedy where KEC may have been asked: what is asked for twice does no harm, but for a reboot.
const again = "Invoke the action again: it looks first, and does nothing to a machine that is %s already."

// NewStart returns the action that starts a stopped machine.
func NewStart() action.Action {
	return &Action{power: power{
		verb: "start", past: "started", from: kec.StateStopped, to: kec.StateActive, repeat: fmt.Sprintf(again, kec.StateActive),
		what: "Starts a stopped Spot Instance and waits until it is `active`. A machine that is on its way is waited for, and one that runs is left alone.",
		send: (*kec.Client).StartInstances,
	}}
}

// NewStop returns the action that shuts a running machine down.
func NewStop() action.Action {
	return &Action{power: power{
		verb: "stop", past: "stopped", from: kec.StateActive, to: kec.StateStopped, repeat: fmt.Sprintf(again, kec.StateStopped),
		what: "Shuts a Spot Instance down, without force, and waits until it is `stopped`. KEC goes on charging for it, and may release it all the same. A machine that " +
			"is on its way is waited for, and one that is stopped is left alone.",
		send: (*kec.Client).StopInstances,
	}}
}

// NewReboot returns the action that restarts a running machine.
func NewReboot() action.Action {
	return &Action{power: power{
		verb: "reboot", past: "rebooted", from: kec.StateActive, to: kec.StateActive,
		repeat: "Look at the machine, in the console or inside, before you invoke the action again: another reboot would interrupt it once more.",
		what:   "Restarts a running Spot Instance, without force, and waits until it is `active` again. KEC is asked once. A machine that is on its way is waited for first.",
		send:   (*kec.Client).RebootInstances,
	}}
}

// Metadata names the action.
func (a *Action) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_spot_instance_" + a.verb
}

// Schema describes the action.
func (a *Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: a.what + "\n\nTerraform has actions from 1.14 on: in the lifecycle of a resource (`action_trigger`), or with `terraform apply -invoke`. OpenTofu has none yet.",
		Attributes: map[string]schema.Attribute{
			"instance_id": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Instance id, a UUID: the `id` of a `kec_spot_instance`, or of a machine that `kec_spot_instances` finds. It must be a Spot Instance in the " +
					"provider's region.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Longest time for all of it, waiting and repetition included, as a duration with a unit (`s`, `m`, `h`), such as `90s`. Default: `10m`.",
				Validators:          []validator.String{duration{}},
			},
		},
	}
}

// Configure takes the session of the provider.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.session = session.From(req.ProviderData, &resp.Diagnostics)
}

// Invoke changes the power of the machine, and tells of each step.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	defer guard.Recover(&resp.Diagnostics, "invoking "+a.verb)
	var config struct {
		InstanceID types.String `tfsdk:"instance_id"`
		Timeout    types.String `tfsdk:"timeout"`
	}
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}
	if why := a.session.NotReady(); why != "" {
		resp.Diagnostics.AddError("The spot instance cannot be "+a.past+" yet", "KEC cannot be asked: "+why+". Nothing was done.\n\n"+session.MakeReady)
		return
	}
	timeout := defaultTimeout
	if d, err := time.ParseDuration(config.Timeout.ValueString()); err == nil {
		timeout = d
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r := &run{power: a.power, session: a.session, id: strings.TrimSpace(config.InstanceID.ValueString()), tell: func(message string) {
		resp.SendProgress(action.InvokeProgressEvent{Message: message})
	}}
	if err := r.do(ctx); err != nil {
		resp.Diagnostics.Append(r.explain(err))
	}
}

// duration accepts a time span above zero.
type duration struct{}

func (duration) Description(context.Context) string { return "a duration, such as 90s or 10m" }

func (d duration) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

func (duration) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || d <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a duration", fmt.Sprintf(
			"%q is not a duration above zero.\n\nGive a number with a unit, such as 90s or 10m.", req.ConfigValue.ValueString()))
	}
}
