package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// want is what a command must do for the demo to go on.
type want struct {
	code  int      // the exit code
	says  []string // fragments of the output, however it is wrapped
	lacks []string // fragments that must not be there
	alive int      // instances at KEC afterwards
}

// decoration is what a CLI puts around its text: colours and the frame of a message.
var decoration = regexp.MustCompile("\x1b\\[[0-9;]*m|[│╷╵]")

// flat is text in one line, without decoration: a CLI wraps its messages at a width that the
// fragments do not know.
func flat(text string) string {
	return strings.Join(strings.Fields(decoration.ReplaceAllString(text, " ")), " ")
}

// check compares what a command did with what was announced. The error has one line for each
// difference.
func (w want) check(code int, output string, alive int) error {
	var wrong []error
	if code != w.code {
		wrong = append(wrong, fmt.Errorf("expected exit code %d, got %d", w.code, code))
	}
	text := flat(output)
	for _, fragment := range w.says {
		if !strings.Contains(text, flat(fragment)) {
			wrong = append(wrong, fmt.Errorf("expected the output to say: %s", fragment))
		}
	}
	for _, fragment := range w.lacks {
		if strings.Contains(text, flat(fragment)) {
			wrong = append(wrong, fmt.Errorf("expected the output not to say: %s", fragment))
		}
	}
	if alive != w.alive {
		wrong = append(wrong, fmt.Errorf("expected %d instances at KEC, got %d", w.alive, alive))
	}
	return errors.Join(wrong...)
}

// lineOf is the number of the only line that sets the attribute name, as "main.tf line 17" has it
// in a message.
func lineOf(hcl, name string) (int, error) {
	found := 0
	for i, line := range strings.Split(hcl, "\n") {
		key, _, is := strings.Cut(line, "=")
		if !is || strings.TrimSpace(key) != name {
			continue
		}
		if found > 0 {
			return 0, fmt.Errorf("%s is set in lines %d and %d", name, found, i+1)
		}
		found = i + 1
	}
	if found == 0 {
		return 0, fmt.Errorf("no line sets %s", name)
	}
	return found, nil
}

// withWorker is the variables file with one worker more, as the last of the map workers. Text that
// the demo cannot find its way in is an error.
func withWorker(tfvars, worker string) (string, error) {
	head, rest, found := strings.Cut(tfvars, "\nworkers = {\n")
	body, tail, closed := strings.Cut(rest, "\n}\n")
	if !found || !closed {
		return "", errors.New(`no map "workers" over several lines`)
	}
	return head + "\nworkers = {\n" + body + "\n  " + worker + "\n}\n" + tail, nil
}
