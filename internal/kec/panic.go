package kec

import (
	"fmt"
	"runtime"
	"strings"
)

// guarded runs f, the work of one call, and turns a panic in it into an error that waits and retries survive like any other
// unusable answer. A call that had been sent is in doubt then.
//
// The error says where the panic was, for the report of what is a bug of this program, and not what it held: neither the
// value, which may quote an answer or a request, nor the stack. Only the runtime's own errors are repeated: they hold
// types and indexes.
func (cl *call) guarded(f func() error) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		what := fmt.Sprintf("a panic with a value of type %T", value)
		if e, ok := value.(runtime.Error); ok {
			what = e.Error()
		}
		why := fmt.Sprintf("because of a bug in this program: %s in %s", what, culprit())
		cl.doubt = cl.doubt || cl.tries > 0
		if ans := cl.parsed; ans != nil {
			err = &Error{
				Service: string(cl.service), Action: cl.action, RequestID: ans.requestID, Status: ans.status, Unusable: true,
				Message: "the answer could not be read " + why,
			}
			return
		}
		err = fmt.Errorf("%s %s: the call failed %s", cl.service, cl.action, why)
	}()
	return f()
}

// culprit is the function that a recovered panic came from: "kec.decodeInstance, instances.go:185".
func culprit() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	panicking := false
	for {
		frame, more := frames.Next()
		if panicking && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s, %s:%d", frame.Function[strings.LastIndex(frame.Function, "/")+1:], frame.File[strings.LastIndex(frame.File, "/")+1:], frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
