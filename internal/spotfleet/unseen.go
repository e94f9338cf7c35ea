package spotfleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// stillBilled are those of some members that no look-up has ever shown, and whose billing records
// say that they live: by id in lower case.
func (r *Resource) stillBilled(ctx context.Context, some []member) map[string]bool {
	var ids []string
	for _, one := range some {
		if one.CreatedAt.ValueString() == "" {
			ids = append(ids, one.ID.ValueString())
		}
	}
	return failure.Alive(ctx, r.API, ids...)
}

// contradict takes those of the members that a look has found gone for hidden that are still
// billed, with a warning.
func (r *Resource) contradict(ctx context.Context, m *model, view *machines.FleetView) diag.Diagnostics {
	alive := r.stillBilled(ctx, m.lost(view.Gone))
	if len(alive) == 0 {
		return nil
	}
	var gone, billed []string
	for _, id := range view.Gone {
		if alive[strings.ToLower(id)] {
			billed = append(billed, id)
		} else {
			gone = append(gone, id)
		}
	}
	view.Gone, view.Hidden = gone, slices.Concat(view.Hidden, billed)
	return diag.Diagnostics{diag.NewWarningDiagnostic("KEC does not show new machines of this fleet", fmt.Sprintf(
		"KEC has never shown %d machines of %s, but their billing records say that they live:\n%s\nThey may come to life, and be charged. So they stay in the "+
			"state.\n\nRefresh again in two minutes. If it stays so, ask KEC support with these ids.", len(billed), m.title(), strings.Join(billed, "\n")))}
}
