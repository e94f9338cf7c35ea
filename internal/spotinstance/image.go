package spotinstance

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// sameImage keeps the user's spelling where KEC reports the same image with or
// without the prefix IMG- (fact 217).
func sameImage(now, was types.String) types.String {
	bare := func(s types.String) string {
		id := s.ValueString()
		if len(id) > 4 && strings.EqualFold(id[:4], "IMG-") {
			id = id[4:]
		}
		return strings.ToLower(id)
	}
	if !was.IsNull() && !was.IsUnknown() && bare(now) == bare(was) {
		return was
	}
	return now
}
