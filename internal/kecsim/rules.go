package kecsim

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// rule is one row of an action's parameter table: the pattern of a name, and the check of its
// values. Without a check any value is accepted.
type rule struct {
	name     string
	required bool
	check    check
}

// check tells what is wrong with a value, "" if nothing is.
type check func(value string) string

func namesOf(table []rule) []string {
	out := make([]string, len(table))
	for i, r := range table {
		out[i] = r.name
	}
	return out
}

// apply checks all parameters in the order of the table, so that the refusal is the same on every
// run.
func apply(table []rule, a *protocol.Args) *protocol.Refusal {
	for _, r := range table {
		names := a.Expand(r.name)
		if r.required && len(names) == 0 {
			parts := strings.Split(r.name, ".")
			for i, part := range parts {
				if part == "N" {
					parts[i] = "1"
				}
			}
			missing := strings.Join(parts, ".")
			if missing == "InstanceId" || strings.HasPrefix(missing, "InstanceId.") {
				return protocol.Refuse(protocol.CodeInstanceIDRequired, "the parameter %s is required", missing)
			}
			return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %s is required", missing)
		}
		for _, name := range names {
			if r.required && a.Get(name) == "" {
				return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %s must not be empty", name)
			}
			if r.check == nil {
				continue
			}
			if wrong := r.check(a.Get(name)); wrong != "" {
				return protocol.Refuse(protocol.CodeInvalidParameterValue, "%s %s", name, wrong)
			}
		}
	}
	return nil
}

func integer(low, high int64) check {
	return func(v string) string {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return "must be an integer, not " + strconv.Quote(protocol.Clip(v))
		}
		if n < low || n > high {
			return "must be between " + strconv.FormatInt(low, 10) + " and " + strconv.FormatInt(high, 10) + ", not " + v
		}
		return ""
	}
}

func boolean(v string) string {
	if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
		return ""
	}
	return "must be true or false, not " + strconv.Quote(protocol.Clip(v))
}

func oneOf(values ...string) check {
	return func(v string) string {
		if slices.Contains(values, v) {
			return ""
		}
		return "must be one of " + strings.Join(values, ", ") + ", not " + strconv.Quote(protocol.Clip(v))
	}
}

// characters wants so many visible characters, which are not bytes.
func characters(low, high int) check {
	return func(v string) string {
		if !utf8.ValidString(v) {
			return "must be UTF-8"
		}
		if n := utf8.RuneCountInString(v); n < low || n > high {
			return "must have " + strconv.Itoa(low) + " to " + strconv.Itoa(high) + " characters, not " + strconv.Itoa(n)
		}
		if strings.IndexFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
			return "must hold visible characters only"
		}
		return ""
	}
}

// identifier wants a UUID, with or without one of the prefixes.
func identifier(prefixes ...string) check {
	return func(v string) string {
		bare := v
		for _, p := range prefixes {
			bare = strings.TrimPrefix(bare, p)
		}
		if isUUID(bare) {
			return ""
		}
		return "must be an identifier, not " + strconv.Quote(protocol.Clip(v))
	}
}

func isUUID(v string) bool {
	if len(v) != 36 {
		return false
	}
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// password wants 8 to 32 visible characters. Its message never shows the value.
func password(v string) string {
	if n := utf8.RuneCountInString(v); n < 8 || n > 32 {
		return "must have 8 to 32 characters"
	}
	var upper, lower, digit bool
	for _, r := range v {
		switch {
		case r >= 'A' && r <= 'Z':
			upper = true
		case r >= 'a' && r <= 'z':
			lower = true
		case r >= '0' && r <= '9':
			digit = true
		case r <= ' ' || r > '~':
			return "must hold visible ASCII characters only"
		}
	}
	if !upper || !lower || !digit {
		return "must hold an upper-case letter, a lower-case letter and a digit"
	}
	return ""
}

func hostName(v string) string {
	if len(v) < 2 || len(v) > 64 {
		return "must have 2 to 64 characters, not " + strconv.Itoa(utf8.RuneCountInString(v))
	}
	for _, r := range v {
		if r > '~' || r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return "must hold letters, digits and hyphens only"
		}
	}
	return ""
}

const maxUserData = 16 * 1024

func userData(v string) string {
	raw, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		return "must be base64"
	}
	if len(raw) > maxUserData {
		return "must be at most 16384 bytes, not " + strconv.Itoa(len(raw))
	}
	return ""
}

func tagKey(v string) string {
	if wrong := characters(1, 128)(v); wrong != "" {
		return wrong
	}
	if ownTag(v) {
		return "must not start with ksc"
	}
	return ""
}

func ipv4(v string) string {
	if ip, err := netip.ParseAddr(v); err != nil || !ip.Is4() {
		return "must be an IPv4 address, not " + strconv.Quote(protocol.Clip(v))
	}
	return ""
}

// parseChinaTime reads a time in one of the layouts, as UTC+8.
func parseChinaTime(v string, layouts ...string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, v, chinaTime); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func timeIn(layouts ...string) check {
	return func(v string) string {
		if _, ok := parseChinaTime(v, layouts...); !ok {
			return "must be a time like " + layouts[0] + ", not " + strconv.Quote(protocol.Clip(v))
		}
		return ""
	}
}
