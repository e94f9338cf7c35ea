package spotinstance

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// A CLI finds the line of a top-level attribute only: an error about
// data_disks[1].size_gib would be shown at the resource, or at another attribute
// of the same name. The validators here check like those they hold, and report at
// the top-level attribute; the path is in their words.

func rootedStrings(all ...validator.String) []validator.String {
	out := make([]validator.String, 0, len(all))
	for _, v := range all {
		out = append(out, rootedString{v})
	}
	return out
}

type rootedString struct{ validator.String }

func (r rootedString) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var inner validator.StringResponse
	r.String.ValidateString(ctx, req, &inner)
	resp.Diagnostics.Append(rooted(inner.Diagnostics)...)
}

func rootedInt64s(all ...validator.Int64) []validator.Int64 {
	out := make([]validator.Int64, 0, len(all))
	for _, v := range all {
		out = append(out, rootedInt64{v})
	}
	return out
}

type rootedInt64 struct{ validator.Int64 }

func (r rootedInt64) ValidateInt64(ctx context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	var inner validator.Int64Response
	r.Int64.ValidateInt64(ctx, req, &inner)
	resp.Diagnostics.Append(rooted(inner.Diagnostics)...)
}

func rootedSets(all ...validator.Set) []validator.Set {
	out := make([]validator.Set, 0, len(all))
	for _, v := range all {
		out = append(out, rootedSet{v})
	}
	return out
}

type rootedSet struct{ validator.Set }

func (r rootedSet) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	var inner validator.SetResponse
	r.Set.ValidateSet(ctx, req, &inner)
	resp.Diagnostics.Append(rooted(inner.Diagnostics)...)
}

func rooted(found diag.Diagnostics) diag.Diagnostics {
	out := make(diag.Diagnostics, 0, len(found))
	for _, d := range found {
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			d = diag.WithPath(param.TopLevel(at.Path()), d)
		}
		out = append(out, d)
	}
	return out
}
