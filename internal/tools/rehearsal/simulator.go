package rehearsal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// Simulator is a kecsim of its own, on a free port.
type Simulator struct {
	URL  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	stop atomic.Bool   // it is to end
}

const (
	startTime = 15 * time.Second // to the ready line; it takes milliseconds
	stopTime  = 5 * time.Second
)

// StartSimulator starts the binary and returns once it serves. ended is called if the process ends
// by itself later.
func StartSimulator(ctx context.Context, binary string, ended func(error), flags ...string) (*Simulator, error) {
	// No context: the simulator outlives the CLI, see ownGroup.
	cmd := exec.Command(binary, append([]string{"-listen", "127.0.0.1:0"}, flags...)...) //nolint:gosec // the user names it
	cmd.Stderr = os.Stderr
	ownGroup(cmd)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the simulator does not start: %w", err)
	}
	s := &Simulator{cmd: cmd, done: make(chan struct{})}
	lines := bufio.NewReader(stdout)
	ready := make(chan string, 1)
	go func() {
		line, _ := lines.ReadString('\n')
		ready <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, lines)
		err := cmd.Wait()
		close(s.done)
		if !s.stop.Load() {
			ended(fmt.Errorf("the simulator ended: %w", errors.Join(errors.New(cmd.ProcessState.String()), err)))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	select {
	case line := <-ready:
		url, found := strings.CutPrefix(line, "kecsim: ready at ")
		if !found {
			s.Stop()
			return nil, fmt.Errorf("the simulator does not say where it is ready: %q", line)
		}
		s.URL = url
		return s, nil
	case <-ctx.Done():
		s.Stop()
		return nil, fmt.Errorf("waiting for the simulator: %w", context.Cause(ctx))
	}
}

// Stop ends the simulator, by force if it must be.
func (s *Simulator) Stop() {
	s.stop.Store(true)
	_ = terminate(s.cmd)
	select {
	case <-s.done:
	case <-time.After(stopTime):
		_ = killGroup(s.cmd)
		<-s.done
	}
}

// control is a route of the simulator that steers its world.
func (s *Simulator) control(route string) string { return s.URL + "/_kecsim/" + route }

// Call asks a control route; a body makes it a POST. It returns the answer, or the error that is in
// it.
func (s *Simulator) Call(ctx context.Context, route, body string) ([]byte, error) {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.control(route), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	answer = bytes.TrimSpace(answer)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the simulator refuses %s: %s", route, answer)
	}
	return answer, nil
}

// Read decodes the answer of a control route.
func (s *Simulator) Read(ctx context.Context, route string, into any) error {
	answer, err := s.Call(ctx, route, "")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("the simulator's %s: %w", route, err)
	}
	return nil
}

// Machine is an instance as the control path shows it.
type Machine struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
}

// Machines lists the instances that are neither gone nor going.
func (s *Simulator) Machines(ctx context.Context) ([]Machine, error) {
	var all, alive []Machine
	if err := s.Read(ctx, "instances", &all); err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.State != "deleting" {
			alive = append(alive, m)
		}
	}
	return alive, nil
}
