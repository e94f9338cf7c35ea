package page

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium, steered through the DevTools protocol over two pipes: messages
// are JSON that ends with a zero byte.
type browser struct {
	out     *os.File
	mu      sync.Mutex
	last    int                      // number of the latest command
	answers map[int]chan message     // to commands that wait
	events  map[string]func(message) // by session
}

type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// startBrowser starts Chromium for a test, and skips the test where there is none on PATH.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		t.Skip("there is no chromium on PATH, which this test needs")
	}
	home := t.TempDir()
	// The sandbox needs rights that containers lack; the only page is the simulator's own.
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-breakpad", "--force-color-profile=srgb",
		"--user-data-dir="+home, "--remote-debugging-pipe", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "TMPDIR="+home)
	theirIn, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // the descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &browser{out: out, answers: map[int]chan message{}, events: map[string]func(message){}}
	read := make(chan struct{})
	go func() { b.read(in); close(read) }()
	t.Cleanup(func() {
		b.call(t, "", "Browser.close", nil, nil)
		<-read // all of Chromium's processes have let go of the pipe
		_ = cmd.Wait()
		_, _ = in.Close(), out.Close()
	})
	return b
}

// read hands out answers and events until the browser closes its pipe.
func (b *browser) read(in *os.File) {
	for from := bufio.NewReader(in); ; {
		raw, err := from.ReadBytes(0)
		if err != nil {
			return
		}
		var params json.RawMessage
		m := message{Params: &params}
		if json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m) != nil {
			continue
		}
		m.Params = params
		b.mu.Lock()
		answer, event := b.answers[m.ID], b.events[m.SessionID]
		delete(b.answers, m.ID)
		b.mu.Unlock()
		switch {
		case answer != nil:
			answer <- m
		case event != nil:
			event(m)
		}
	}
}

// call runs a command of a session, or of the browser itself, and reads its result.
func (b *browser) call(t *testing.T, session, method string, params, result any) {
	t.Helper()
	answer := make(chan message, 1)
	b.mu.Lock()
	b.last++
	m := message{ID: b.last, SessionID: session, Method: method, Params: params}
	b.answers[m.ID] = answer
	b.mu.Unlock()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.out.Write(append(raw, 0)); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	deadline, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	select {
	case m := <-answer:
		if m.Error != nil {
			t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				t.Fatalf("%s: %v: %s", method, err, m.Result)
			}
		}
	case <-deadline.Done():
		t.Fatalf("%s %v: no answer", method, params)
	}
}
