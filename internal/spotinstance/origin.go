package spotinstance

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// originOf is where the machine was last seen. A state that an earlier version has written tells no
// more than the region, in the identity, or nothing.
func originOf(ctx context.Context, private session.PrivateReader, id *tfsdk.ResourceIdentity) session.Origin {
	o := session.OriginIn(ctx, private)
	var of identity
	if o.Region == "" && id != nil && !id.Raw.IsNull() && id.Raw.IsFullyKnown() && !id.Get(ctx, &of).HasError() {
		o.Region = of.Region.ValueString()
	}
	return o
}

// elsewhere is an error if the instance is in another region than the provider: a look-up in the
// wrong region finds nothing, and that proves nothing.
func (r *Resource) elsewhere(m *model, last session.Origin) diag.Diagnostics {
	where := r.Elsewhere(last, m.AvailabilityZone.ValueString())
	if where == "" {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The instance is in another region", fmt.Sprintf(
		"%s is in the %s; the provider works in %s.\n\nUse a provider for its region, or destroy it there first.", m.title(), where, r.Region))}
}

// notSeen is an error where KEC does not show a machine that was last seen with other keys or at
// another endpoint, and nothing proves that this provider would see it. It is nil where the absence
// says what it seems to say.
func (r *Resource) notSeen(ctx context.Context, m *model, last session.Origin) diag.Diagnostics {
	if last.Region == "" && m.AvailabilityZone.ValueString() != "" {
		last.Region = r.Region // or the instance would be elsewhere
	}
	if r.Tells(ctx, last, m.ID.ValueString()) {
		return nil
	}
	if region := r.BilledIn(last); region != "" {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The spot instance is not seen in this region", fmt.Sprintf(
			"The state does not tell where %s is. The provider works in %s, and KEC does not show it there; its billing record names the region %s. "+
				"It stays in the state.\n\nUse a provider for its region. If it is really gone, take it out of the state with state rm.",
			m.title(), r.Region, region))}
	}
	if last.Unknown() {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The spot instance is not seen with these keys", fmt.Sprintf(
			"The state does not tell which keys %s was launched with. The provider asks %s with %s, and KEC does not show it there, nor a billing "+
				"record of it in this region. It stays in the state.\n\nUse the keys that it was launched with. If these are, apply again in two minutes. If it is "+
				"really gone, take it out of the state with state rm.", m.title(), r.Here.Endpoint, r.Here.KeyName()))}
	}
	what, old := "with these keys", "the old keys"
	why := "Nothing shows that both keys are of one account: none of the machines that were last seen with the old one is found, nor a billing record of this one."
	if last.Endpoint != r.Here.Endpoint {
		what, old = "at this endpoint", "the old endpoint"
		why = "Nothing shows that both lead to one account: none of the machines that were last seen there is found."
		if last.Key != r.Here.Key {
			what, old = "with these keys at this endpoint", "the old keys and the old endpoint"
		}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The spot instance is not seen "+what, fmt.Sprintf(
		"%s was last seen at %s with %s. The provider asks %s with %s, and KEC does not show it there. %s "+
			"It stays in the state, and nothing is ordered in its place.\n\nUse %s. If it is really gone, take it out of the state with state rm.",
		m.title(), last.Endpoint, last.KeyName(), r.Here.Endpoint, r.Here.KeyName(), why, old))}
}

// find looks for a machine that was last seen with other keys or at another endpoint, before
// something is done that counts on its being here. A machine whose place is not in doubt is not
// looked for.
func (r *Resource) find(ctx context.Context, m *model, last session.Origin) diag.Diagnostics {
	if r.API == nil || r.Sees(last) {
		return nil
	}
	_, err := r.Machines.Find(ctx, m.ID.ValueString(), m.project())
	switch {
	case err == nil:
		r.Found(last)
		return nil
	case errors.Is(err, machines.ErrGone):
		return r.notSeen(ctx, m, last)
	default:
		return diag.Diagnostics{failure.Of(err).WithoutPath(wizard.Parameters())}
	}
}

// here is an error unless the machine is where the provider works.
func (r *Resource) here(ctx context.Context, m *model, last session.Origin) diag.Diagnostics {
	if diags := r.elsewhere(m, last); diags.HasError() {
		return diags
	}
	return r.find(ctx, m, last)
}

// findUntold looks for a machine of which nothing tells where it was last seen, before it is ended:
// a CLI gives the deletion of a tainted machine no private data. What it finds out is noted there,
// and in the model, which may know little of a machine whose creation has failed.
func (r *Resource) findUntold(ctx context.Context, m *model, last session.Origin, private session.PrivateWriter) diag.Diagnostics {
	in, err := r.Machines.Find(ctx, m.ID.ValueString(), m.project())
	switch {
	case err == nil:
		m.refresh(wizard.NewLook(in, wizard.ParseBaseline(nil)))
		return r.Here.Keep(ctx, private)
	case errors.Is(err, machines.ErrGone), errors.Is(err, machines.ErrNotVisible):
		return r.notSeen(ctx, m, last)
	default:
		return diag.Diagnostics{failure.Of(err).WithoutPath(wizard.Parameters())}
	}
}
