package page

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium, steered through the DevTools protocol over two pipes: messages
// are JSON that ends with a zero byte.
type browser struct {
	cmd     *exec.Cmd
	home    string
	in, out *os.File
	ended   chan struct{}
	writing sync.Mutex
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

// shared is the one browser of all tests, started by the first that needs it and ended by TestMain.
var shared struct {
	once    sync.Once
	browser *browser // nil where there is none on PATH
	err     error
}

// errNoBrowser means that no browser is on PATH.
var errNoBrowser = errors.New("there is no chromium on PATH, which this test needs")

// theBrowser is the browser of all tests. It skips the test where there is none on PATH.
func theBrowser(t *testing.T) *browser {
	t.Helper()
	shared.once.Do(func() { shared.browser, shared.err = startBrowser() })
	switch {
	case errors.Is(shared.err, errNoBrowser):
		t.Skip(shared.err)
	case shared.err != nil:
		t.Fatal(shared.err)
	}
	return shared.browser
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.browser != nil {
		if err := shared.browser.end(); err != nil {
			fmt.Fprintln(os.Stderr, "chromium:", err)
		}
	}
	os.Exit(code)
}

// startBrowser starts Chromium.
func startBrowser() (*browser, error) {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		return nil, errNoBrowser
	}
	home, err := os.MkdirTemp("", "kecsim-page-")
	if err != nil {
		return nil, err
	}
	// The sandbox needs rights that containers lack; the only page is the simulator's own. Several
	// tabs are in use at once, and each is to run as if it were the one in front.
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-breakpad", "--force-color-profile=srgb",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--user-data-dir="+home, "--remote-debugging-pipe", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "TMPDIR="+home)
	theirIn, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // the descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &browser{cmd: cmd, home: home, in: in, out: out, ended: make(chan struct{}), answers: map[int]chan message{}, events: map[string]func(message){}}
	go func() { b.read(in); close(b.ended) }()
	return b, nil
}

// end closes the browser, and kills it if it does not close.
func (b *browser) end() error {
	_, closed := b.ask("", "Browser.close", nil, nil)
	deadline, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	select {
	case <-b.ended: // all of Chromium's processes have let go of the pipe
	case <-deadline.Done():
		_ = b.cmd.Process.Kill()
	}
	_ = b.cmd.Wait()
	return errors.Join(closed, b.in.Close(), b.out.Close(), os.RemoveAll(b.home))
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

// patience is how long an answer of the browser may take, and how long the page may take to come to
// what a test waits for. A machine that is busy with other tests needs much of it.
const patience = 60 * time.Second

// call runs a command of a session, or of the browser itself, and reads its result.
func (b *browser) call(t *testing.T, session, method string, params, result any) {
	t.Helper()
	if raw, err := b.ask(session, method, params, result); err != nil {
		t.Fatalf("%s %v: %v %s", method, params, err, raw)
	}
}

// ask runs a command, and returns its result as it came, too.
func (b *browser) ask(session, method string, params, result any) (json.RawMessage, error) {
	answer := make(chan message, 1)
	b.mu.Lock()
	b.last++
	m := message{ID: b.last, SessionID: session, Method: method, Params: params}
	b.answers[m.ID] = answer
	b.mu.Unlock()
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	b.writing.Lock()
	_, err = b.out.Write(append(raw, 0))
	b.writing.Unlock()
	if err != nil {
		return nil, err
	}
	deadline, cancel := context.WithTimeout(context.Background(), patience+30*time.Second)
	defer cancel()
	select {
	case m := <-answer:
		if m.Error != nil {
			return nil, errors.New(m.Error.Message)
		}
		if result == nil {
			return m.Result, nil
		}
		return m.Result, json.Unmarshal(m.Result, result)
	case <-b.ended:
		return nil, errors.New("the browser has ended")
	case <-deadline.Done():
		return nil, errors.New("no answer")
	}
}
