package main

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
	"time"
)

// simulator is a kecsim of its own, on a free port.
type simulator struct {
	url  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

const (
	startTime = 15 * time.Second // to the ready line; it takes milliseconds
	stopTime  = 5 * time.Second
)

// startSimulator starts the binary and returns once it serves. ended is called if the process ends by itself later.
func startSimulator(ctx context.Context, binary string, ended func(error)) (*simulator, error) {
	// A boot of two seconds instead of twenty is all that is sped up: ten minutes' notice stay ten minutes of its clock.
	// No context: the simulator outlives the CLI, see ownGroup.
	cmd := exec.Command(binary, "-listen", "127.0.0.1:0", "-boot", "2s")
	cmd.Stderr = os.Stderr
	ownGroup(cmd)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the simulator does not start: %w", err)
	}
	s := &simulator{cmd: cmd, done: make(chan struct{})}
	lines := bufio.NewReader(stdout)
	ready := make(chan string, 1)
	go func() {
		line, _ := lines.ReadString('\n')
		ready <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, lines)
		err := cmd.Wait()
		close(s.done)
		ended(fmt.Errorf("the simulator ended: %w", errors.Join(errors.New(cmd.ProcessState.String()), err)))
	}()
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	select {
	case line := <-ready:
		url, found := strings.CutPrefix(line, "kecsim: ready at ")
		if !found {
			s.stop()
			return nil, fmt.Errorf("the simulator does not say where it is ready: %q", line)
		}
		s.url = url
		return s, nil
	case <-ctx.Done():
		s.stop()
		return nil, fmt.Errorf("waiting for the simulator: %w", context.Cause(ctx))
	}
}

// stop ends the simulator, by force if it must be.
func (s *simulator) stop() {
	_ = terminate(s.cmd)
	select {
	case <-s.done:
	case <-time.After(stopTime):
		_ = killGroup(s.cmd)
		<-s.done
	}
}

// control is a route of the simulator that steers its world.
func (s *simulator) control(route string) string { return s.url + "/_kecsim/" + route }

// call asks a control route; a body makes it a POST. It returns the answer, or the error that is in it.
func (s *simulator) call(ctx context.Context, route, body string) ([]byte, error) {
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

func (s *simulator) read(ctx context.Context, route string, into any) error {
	answer, err := s.call(ctx, route, "")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("the simulator's %s: %w", route, err)
	}
	return nil
}

// machine is an instance as the control path shows it.
type machine struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
}

// machines lists the instances that are neither gone nor going.
func (s *simulator) machines(ctx context.Context) ([]machine, error) {
	var all, alive []machine
	if err := s.read(ctx, "instances", &all); err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.State != "deleting" {
			alive = append(alive, m)
		}
	}
	return alive, nil
}

// order is an order as the control path shows it.
type order struct {
	ID         string    `json:"id"`
	CreateTime time.Time `json:"createTime"`
	Status     int       `json:"status"`
	SubOrders  []struct {
		Items []struct{ Key, Value string } `json:"items"`
	} `json:"subOrders"`
}

// The states of an order that the demo meets.
const (
	orderPaid      = 1
	orderAllFailed = 21
)

func (o order) state() string {
	switch o.Status {
	case orderPaid:
		return "paid"
	case orderAllFailed:
		return "failed to open"
	}
	return fmt.Sprintf("status %d", o.Status)
}

// content is what was ordered: the values of the items, such as type and zone.
func (o order) content() string {
	var values []string
	for _, sub := range o.SubOrders {
		for _, item := range sub.Items {
			if item.Key == "instance_type" || item.Key == "available_zone" {
				values = append(values, item.Value)
			}
		}
	}
	return strings.Join(values, ", ")
}
