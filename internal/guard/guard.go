// Package guard keeps a mistake in one operation from ending the provider.
package guard

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Recover turns a panic into an error of the one operation that it befell: a provider
// that dies takes with it whatever the others are doing, ids and all. Defer it
// itself. The message names the place and not the value of the panic, which could
// hold anything.
func Recover(diags *diag.Diagnostics, doing string) {
	p := recover()
	if p == nil {
		return
	}
	diags.AddError("The provider has a mistake", fmt.Sprintf(
		"It failed while %s, at %s, with a %T. What was known before is kept in the state.\n\nReport this, and run the command again: the refresh shows what KEC has.",
		doing, place(), p))
}

// place is the innermost function of this module that was running.
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
