package spotaction

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// showsLate is how long KEC may show a machine as active after it has accepted a reboot (fact 298:
// assumed).
const showsLate = 15 * time.Second

// run is one invocation.
type run struct {
	power
	session *session.Session
	id      string
	tell    func(message string)

	state   string // the one last seen, "" before the first look
	project *int64 // of the machine
	asked   string // what KEC has been asked for, as a sentence; "" for nothing
}

// refusal is why a machine is not asked for: KEC would refuse it.
type refusal struct{ summary, detail string }

func (r *refusal) Error() string { return r.summary + ": " + r.detail }

// do looks at the machine, sends what is missing, and waits for it.
func (r *run) do(ctx context.Context) error {
	r.tell(fmt.Sprintf("Instance %s in %s is to be %s.", r.id, r.session.Region, r.past))
	in, err := r.wait(ctx, "active or stopped", kec.StateActive, kec.StateStopped)
	switch {
	case err != nil:
		return err
	case r.from != r.to && is(in, r.to):
		r.tell(fmt.Sprintf("Nothing to do: instance %s is %s already.", r.id, r.state))
		return nil
	case !is(in, r.from): // a reboot of a machine that is stopped
		return r.refuse("The machine is stopped", "is stopped, and KEC reboots running machines only", "Start it with kec_spot_instance_start.")
	}
	if err := r.send(ctx); err != nil || r.asked == "" {
		return err
	}
	if r.from == r.to {
		return r.waitRestarted(ctx)
	}
	_, err = r.wait(ctx, r.to, r.to)
	return err
}

// send makes the call, again for as long as KEC refuses it for the machine's state: a view may lag
// behind, so that the machine is looked at before another try.
func (r *run) send(ctx context.Context) error {
	tries := 0
	err := r.session.Machines.UntilReady(ctx, r.id, func() error {
		if tries++; tries > 1 {
			if there, err := r.thereAlready(ctx); there || err != nil {
				return err
			}
		}
		err := r.power.send(r.session.API, ctx, r.id)
		switch {
		case err == nil:
			r.asked = "KEC has accepted the " + r.verb + "."
			r.tell(r.asked)
		case errors.Is(err, kec.ErrChangeUnknown) && ksyun.IsStateRefusal(err): // an earlier try is the reason for it
			r.asked = "KEC has carried out the " + r.verb + ", by all signs: its answer was lost, and it refuses another one."
			r.tell(r.asked)
		case errors.Is(err, kec.ErrChangeUnknown):
			r.asked = "The " + r.verb + " was sent, and KEC may have accepted it."
		}
		return err
	}, r.project)
	if err == nil && r.asked == "" {
		r.tell(fmt.Sprintf("Nothing to do: instance %s is %s already.", r.id, r.state))
	}
	return err
}

// thereAlready tells whether the machine is in the state that is wanted, after KEC has refused the
// call. A look that fails tells nothing.
func (r *run) thereAlready(ctx context.Context) (bool, error) {
	in, err := r.session.Machines.Find(ctx, r.id, r.project)
	if err != nil {
		return false, nil //nolint:nilerr // the wait around it makes its own looks, and fails by them
	}
	if err := r.see(in); err != nil {
		return false, err
	}
	return r.from != r.to && is(in, r.to), nil
}

// wait polls until the machine is in one of the states.
func (r *run) wait(ctx context.Context, goal string, states ...string) (*kec.Instance, error) {
	return r.session.Machines.WaitUntil(ctx, r.id, goal, r.project, func(in *kec.Instance) (bool, error) {
		return is(in, states...), r.see(in)
	})
}

// waitRestarted waits until a machine is active after a reboot: it has been seen in another state,
// or has been active for so long that it must have restarted between two looks.
func (r *run) waitRestarted(ctx context.Context) error {
	accepted, restarted := r.session.API.LocalNow(), false
	_, err := r.session.Machines.WaitUntil(ctx, r.id, "active again", r.project, func(in *kec.Instance) (bool, error) {
		active := is(in, r.to)
		restarted = restarted || !active
		return active && (restarted || r.session.API.LocalNow().Sub(accepted) >= showsLate), r.see(in)
	})
	if err == nil && !restarted {
		r.tell(fmt.Sprintf("Instance %s is %s; no look has shown its restart.", r.id, r.state))
	}
	return err
}

// see tells of a change of state, and refuses a machine with which nothing can be done.
func (r *run) see(in *kec.Instance) error {
	r.project = in.ProjectID
	if state := strings.ToLower(in.State); state != r.state {
		r.state = state
		r.tell(fmt.Sprintf("Instance %s is %s.", r.id, state))
	}
	switch {
	case in.ChargeType != "" && !in.Spot():
		return r.refuse("Not a Spot Instance", "has the charge type "+in.ChargeType, "Give the id of a Spot Instance; kec_spot_instances lists them.")
	case kec.Failed(in.State):
		return r.refuse("The machine has failed", "is in the state "+r.state, "Look at it in the console; a machine whose launch has failed is replaced, not "+r.past+".")
	case machines.Ending(in.State):
		return r.refuse("The machine is being deleted", "is in the state "+r.state, "Give the id of another machine.")
	}
	return nil
}

// refuse is a refusal of this machine, for what it is.
func (r *run) refuse(summary, why, remedy string) error {
	nothing := "Nothing was asked of KEC."
	if r.asked != "" {
		nothing = r.asked
	}
	return &refusal{summary, fmt.Sprintf("Instance %s in %s %s. %s\n\n%s", r.id, r.session.Region, why, nothing, remedy)}
}

func is(in *kec.Instance, states ...string) bool {
	for _, state := range states {
		if strings.EqualFold(in.State, state) {
			return true
		}
	}
	return false
}

// explain is an error as it is shown: what KEC has been asked for, and what the machine was last
// seen as.
func (r *run) explain(err error) diag.Diagnostic {
	at := path.Root("instance_id")
	if why, ok := errors.AsType[*refusal](err); ok {
		return diag.NewAttributeErrorDiagnostic(at, why.summary, why.detail)
	}
	f := failure.Of(err)
	switch f.Code {
	case failure.InstanceGone:
		gone := r.refuse("The instance is gone", "does not exist, or the keys of the provider do not show it",
			"Correct instance_id, or use a provider for the region and the account of the machine.")
		return diag.NewAttributeErrorDiagnostic(at, f.Summary, strings.TrimPrefix(gone.Error(), f.Summary+": "))
	case failure.Interrupted:
		f.Facts, f.Remedy = r.sofar(), r.next()
	case failure.DeadlineExceeded:
		f.Remedy = "Raise timeout if this is normal for the machine, else look at it in the console."
		f.Note = r.sofar()
	case failure.ChangeUnknown:
		f.Remedy, f.Note = r.repeat, r.sofar()
	}
	return f.WithoutPath(wizard.Parameters())
}

// sofar is what has been asked for, and what the machine was last seen as.
func (r *run) sofar() string {
	asked, state := r.asked, "It was not seen."
	if asked == "" {
		asked = "No " + r.verb + " was asked for."
	}
	if r.state != "" {
		state = "It was last seen as " + r.state + "."
	}
	return fmt.Sprintf("Instance %s in %s: %s %s", r.id, r.session.Region, asked, state)
}

// next is the remedy for an interrupt.
func (r *run) next() string {
	if r.asked == "" {
		return "Invoke the action again to go on."
	}
	return r.repeat
}
