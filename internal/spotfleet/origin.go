package spotfleet

import (
	"cmp"
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

// elsewhere is an error if the fleet is in another region than the provider: a look-up in the wrong
// region finds nothing, and that proves nothing.
func (r *Resource) elsewhere(m *model, last session.Origin) diag.Diagnostics {
	where := r.Elsewhere(last, m.zone())
	if where == "" {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The fleet is in another region", fmt.Sprintf(
		"%s is in the %s; the provider works in %s.\n\nUse a provider for its region, or destroy it there first.", sentence(m.title()), where, r.Region))}
}

// zone is the zone of one of the members, "" where none is known.
func (m *model) zone() (zone string) {
	for _, one := range m.members() {
		zone = cmp.Or(zone, one.AvailabilityZone.ValueString())
	}
	return zone
}

// notSeen is an error where KEC does not show members that were last seen with other keys or at
// another endpoint, and nothing proves that this provider would see them.
func (r *Resource) notSeen(ctx context.Context, m *model, last session.Origin, ids []string) diag.Diagnostics {
	if last.Region == "" && m.zone() != "" {
		last.Region = r.Region // or the fleet would be elsewhere
	}
	if len(ids) == 0 || r.Tells(ctx, last, ids[0]) {
		return nil
	}
	if region := r.BilledIn(last); region != "" {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The fleet is not seen in this region", fmt.Sprintf(
			"The state does not tell where %s is. The provider works in %s, and KEC does not show %d of its machines there; the billing record of the "+
				"first names the region %s. They stay in the state.\n\nUse a provider for their region. If they are really gone, take the fleet out of the "+
				"state with state rm.", m.title(), r.Region, len(ids), region))}
	}
	if last.Unknown() {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The fleet is not seen with these keys", fmt.Sprintf(
			"The state does not tell which keys %s was launched with. The provider asks %s with %s, and KEC does not show %d of its machines there, "+
				"nor a billing record of the first in this region. They stay in the state.\n\nUse the keys that it was launched with. If these are, and the machines are "+
				"really gone, take the fleet out of the state with state rm.", m.title(), r.Here.Endpoint, r.Here.KeyName(), len(ids)))}
	}
	what, old := "with these keys", "the old keys"
	if last.Endpoint != r.Here.Endpoint {
		what, old = "at this endpoint", "the old endpoint"
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The fleet is not seen "+what, fmt.Sprintf(
		"%d of the machines of %s were last seen at %s with %s. The provider asks %s with %s, and KEC does not show them there. "+
			"Nothing shows that both lead to one account. They stay in the state, and nothing is ordered in their place.\n\n"+
			"Use %s. If they are really gone, take the fleet out of the state with state rm.",
		len(ids), m.title(), last.Endpoint, last.KeyName(), r.Here.Endpoint, r.Here.KeyName(), old))}
}
