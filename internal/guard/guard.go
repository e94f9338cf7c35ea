// Package guard keeps a panic in one operation from ending the whole provider.
package guard

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Recover turns a panic into an error of the one operation in which it happened. Otherwise the
// panic would end the provider's process, and with it all other operations and the ids of what they
// have launched. It must be deferred directly. The message names the place of the panic and the
// type of its value. It does not show the value itself, which could hold a secret.
func Recover(diags *diag.Diagnostics, doing string) {
	p := recover()
	if p == nil {
		return
	}
	diags.AddError("The provider has a mistake", fmt.Sprintf(
		"It failed while %s, at %s, with a %T. What was known before is kept in the state.\n\nReport this, and run the command again: the refresh shows what KEC has.",
		doing, place(), p))
}

// place is the innermost function of this module on the stack of the panic.
func place() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "terraform-provider-kec/") {
			return fmt.Sprintf("%s, line %d", frame.Function[strings.LastIndex(frame.Function, "/")+1:], frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
