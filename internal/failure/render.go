package failure

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// lowerFirst is a text with its first letter in lower case, unless it begins with a name such as
// KEC.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// Diagnostic renders the failure as an error at the attribute that the table has for its
// parameter, or without a path if it has none.
func (f Failure) Diagnostic(t param.Table) diag.Diagnostic {
	at, detail, ok := f.place(t)
	if !ok {
		return diag.NewErrorDiagnostic(f.Summary, detail)
	}
	return diag.NewAttributeErrorDiagnostic(at, f.Summary, detail)
}

// Warning renders the failure like Diagnostic, as a warning.
func (f Failure) Warning(t param.Table) diag.Diagnostic {
	at, detail, ok := f.place(t)
	if !ok {
		return diag.NewWarningDiagnostic(f.Summary, detail)
	}
	return diag.NewAttributeWarningDiagnostic(at, f.Summary, detail)
}

// WithoutPath renders the failure as an error of the whole resource or data source. The table
// serves the remedy only.
func (f Failure) WithoutPath(t param.Table) diag.Diagnostic {
	return diag.NewErrorDiagnostic(f.Summary, f.Detail(t))
}

// place is the attribute to point at, and the text. A CLI finds the line of a top-level attribute
// only, so the text names a deeper path.
func (f Failure) place(t param.Table) (at path.Path, detail string, ok bool) {
	at, ok = f.At(t)
	deeper := ""
	if len(at.Steps()) > 1 {
		deeper = "Attribute: " + at.String()
	}
	return param.TopLevel(at), f.Detail(t, deeper), ok
}

// At is the attribute that the table has for the failure's parameter.
func (f Failure) At(t param.Table) (at path.Path, ok bool) {
	at, ok = t.Locate(f.Param)
	if f.whole {
		at = param.TopLevel(at)
	}
	return at, ok
}

// Headline is a summary that begins with what failed: "Spot order failed, likely cause: out of
// stock". It says "likely" where the cause is inferred.
func (f Failure) Headline(what string) string {
	if f.Source == Inferred {
		what += ", likely cause"
	}
	return what + ": " + lowerFirst(cmp.Or(f.brief, CauseOf(f.Code).Summary))
}

// Detail is the text below the summary: the numbers, the remedy, what became of the instance, then
// the code and KEC's words, action and request id, then what the caller adds, and last the line
// that a pipeline reads.
func (f Failure) Detail(t param.Table, more ...string) string {
	lines := append([]string{f.evidence()}, more...)
	lines = append(lines, "Retry: "+string(f.Retry))
	return joined("\n\n", f.Facts, f.RemedyText(t), f.Note, joined("\n", lines...))
}

// parameter is a parameter in a remedy, such as "{SpotPriceLimit}".
var parameter = regexp.MustCompile(`\{(\w+)\}`)

// RemedyText is the remedy with an attribute in place of each parameter. A parameter that the table
// does not have keeps its own name.
func (c Cause) RemedyText(t param.Table) string {
	return parameter.ReplaceAllStringFunc(c.Remedy, func(braced string) string {
		name := strings.Trim(braced, "{}")
		if at, ok := t.Locate(name); ok {
			return at.String()
		}
		return name
	})
}

// evidence is the code, how it is known, and what KEC said in which answer.
func (f Failure) evidence() string {
	code := "Code: " + string(f.Code)
	switch f.Source {
	case FromAPI, "":
	case FromPreflight: // KEC has refused nothing yet; the action is the look-up that shows it
		return code + " (" + string(f.Source) + ", " + f.Action + ")"
	default:
		code += " (" + string(f.Source) + ")"
	}
	if said := f.Said(); said != "" {
		return code + "\n" + said
	}
	return code
}

// Said is one line with what KEC said and in which answer; "" if there was no answer.
func (f Failure) Said() string {
	var said []string
	switch {
	case f.Words != "" && f.KECCode != "":
		said = append(said, fmt.Sprintf("%q (%s)", f.Words, f.KECCode))
	case f.Words != "":
		said = append(said, fmt.Sprintf("%q", f.Words))
	case f.KECCode != "":
		said = append(said, f.KECCode)
	case f.Action == "":
		return ""
	default:
		said = append(said, "no reason given")
	}
	for _, more := range []struct{ label, value string }{
		{"", f.Action}, {"request ", f.RequestID}, {"sub-order ", f.SubOrderID}, {"instance ", f.InstanceID},
	} {
		if more.value != "" {
			said = append(said, more.label+more.value)
		}
	}
	return "KEC: " + strings.Join(said, ", ")
}
