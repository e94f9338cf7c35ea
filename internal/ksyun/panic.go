package ksyun

import (
	"fmt"
	"runtime"
	"strings"
)

// Guard runs f, which is work on behalf of a call, and turns a panic in it into an error that waits
// and retries survive like any other unusable answer.
func (what Call) Guard(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = what.bug(nil, value)
		}
	}()
	return f()
}

// bug is the error that a recovered panic becomes. ans is the answer that was being read, if any.
//
// The error says where the panic was, because it reports a bug of this program, and not what it
// held: neither the value, which may quote an answer or a request, nor the stack. Only errors of
// the runtime are repeated: they hold types and indexes.
func (what Call) bug(ans *Answer, value any) error {
	panicked := fmt.Sprintf("a panic with a value of type %T", value)
	if e, ok := value.(runtime.Error); ok {
		panicked = e.Error()
	}
	why := fmt.Sprintf("because of a bug in this program: %s in %s", panicked, culprit())
	if ans == nil {
		return fmt.Errorf("%s %s: the call failed %s", what.Service, what.Action, why)
	}
	return &Error{
		Action: what.Action, RequestID: ans.RequestID, Status: ans.Status, Unusable: true,
		Message: "the answer could not be read " + why,
	}
}

// culprit is the function that a recovered panic came from: "kec.decodeInstance, instances.go:185".
func culprit() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	panicking := false
	for {
		frame, more := frames.Next()
		if panicking && !strings.HasPrefix(frame.Function, "runtime.") {
			last := func(path string) string { return path[strings.LastIndex(path, "/")+1:] }
			return fmt.Sprintf("%s, %s:%d", last(frame.Function), last(frame.File), frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
