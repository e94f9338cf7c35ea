package tfvalue

import "github.com/hashicorp/terraform-plugin-framework/types"

// Keep is what KEC reports now, or the last known value where KEC reports none.
func Keep(now, was types.String) types.String {
	if now.IsNull() {
		return Known(was)
	}
	return now
}

// Known is the value, null if it is unknown.
func Known(s types.String) types.String {
	if s.IsUnknown() {
		return types.StringNull()
	}
	return s
}

// KeepFlag is the flag that KEC reports now, or the last known value where KEC reports none, which
// is nil. A flag that was never known is false, its default.
func KeepFlag(now *bool, was types.Bool) types.Bool {
	switch {
	case now != nil:
		return types.BoolValue(*now)
	case was.IsNull() || was.IsUnknown():
		return types.BoolValue(false)
	default:
		return was
	}
}
