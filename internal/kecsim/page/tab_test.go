package page

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tab is one tab of a browser. It remembers what goes wrong in it.
type tab struct {
	*browser
	t       *testing.T
	session string
	address string          // of the page
	pressed map[string]bool // the buttons, by their texts
	mu      sync.Mutex
	wrong   []string // errors on the console, and requests to other hosts
}

// params are those of a command, by name.
type params map[string]any

// open opens a page in a tab of its own, and fails the test if anything goes wrong in it.
func (b *browser) open(t *testing.T, address string) *tab {
	t.Helper()
	var target struct{ BrowserContextID, TargetID, SessionID string }
	b.call(t, "", "Target.createBrowserContext", nil, &target)
	b.call(t, "", "Target.createTarget", params{"url": "about:blank", "browserContextId": target.BrowserContextID, "newWindow": true}, &target)
	b.call(t, "", "Target.attachToTarget", params{"targetId": target.TargetID, "flatten": true}, &target)
	tb := &tab{browser: b, t: t, session: target.SessionID, address: address, pressed: map[string]bool{}}
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	b.events[tb.session] = func(m message) { tb.note(m, at.Host) }
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		tb.do(domain+".enable", nil)
	}
	tb.do("Emulation.setFocusEmulationEnabled", params{"enabled": true})
	tb.size(1280)
	tb.do("Page.navigate", params{"url": address})
	tb.until(`document.getElementById("live")?.textContent === "live"`)
	t.Cleanup(func() {
		tb.do("Runtime.evaluate", params{"expression": "0"}) // all events before its answer have been read
		tb.mu.Lock()
		defer tb.mu.Unlock()
		for _, wrong := range tb.wrong {
			t.Error(wrong)
		}
		b.mu.Lock()
		delete(b.events, tb.session)
		b.mu.Unlock()
		b.call(t, "", "Target.disposeBrowserContext", params{"browserContextId": target.BrowserContextID}, nil)
	})
	return tb
}

// note remembers an event that should not have been.
func (tb *tab) note(m message, host string) {
	raw, _ := m.Params.(json.RawMessage)
	var p struct {
		Type    string
		Request struct{ URL string }
	}
	_ = json.Unmarshal(raw, &p)
	wrong := ""
	switch m.Method {
	case "Runtime.exceptionThrown":
		wrong = string(raw)
	case "Log.entryAdded":
		if !strings.Contains(string(raw), "status of 400") { // a refusal, which the page shows
			wrong = string(raw)
		}
	case "Runtime.consoleAPICalled":
		if p.Type == "error" || p.Type == "warning" {
			wrong = string(raw)
		}
	case "Network.requestWillBeSent":
		if at, err := url.Parse(p.Request.URL); err != nil || at.Host != host && !strings.HasPrefix(p.Request.URL, "data:") {
			wrong = "a request to " + p.Request.URL
		}
	}
	if wrong != "" {
		tb.mu.Lock()
		tb.wrong = append(tb.wrong, m.Method+": "+wrong)
		tb.mu.Unlock()
	}
}

func (tb *tab) do(method string, p params) {
	tb.t.Helper()
	tb.call(tb.t, tb.session, method, p, nil)
}

// eval evaluates an expression in the page and reads its value, if into is not nil. It waits for
// promises.
func (tb *tab) eval(expression string, into any) {
	tb.t.Helper()
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	tb.call(tb.t, tb.session, "Runtime.evaluate", params{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		tb.t.Fatalf("%s: %s", expression, out.ExceptionDetails)
	}
	if into != nil {
		if err := json.Unmarshal(out.Result.Value, into); err != nil {
			tb.t.Fatalf("%s: %v: %s", expression, err, out.Result.Value)
		}
	}
}

// until waits until an expression is true in the page. The page looks again after each change of
// it, and the test fails with what is there if that takes too long.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	var in string
	tb.eval(`new Promise(resolve => {
		const look = () => { try { return !!(`+expression+`) } catch { return false } }
		const end = (said) => { watch.disconnect(); clearTimeout(late); resolve(said) }
		const watch = new MutationObserver(() => look() && end(""))
		watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
		const late = setTimeout(() => end(document.body.innerText), `+strconv.FormatInt(patience.Milliseconds(), 10)+`)
		if (look()) end("")
	})`, &in)
	if in != "" {
		tb.t.Fatalf("it did not come to %s; the page is:\n%s", expression, in)
	}
}

// says waits until the only element that a selector finds has a text.
func (tb *tab) says(selector, text string) {
	tb.t.Helper()
	s, _ := json.Marshal(selector)
	w, _ := json.Marshal(text)
	tb.until(`document.querySelector(` + string(s) + `).innerText.replace(/\s+/g, " ").trim() === ` + string(w))
}

// key presses a key where the focus is.
func (tb *tab) key(name, text string, code int) {
	tb.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p := params{"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			p["text"] = text
		}
		tb.do("Input.dispatchKeyEvent", p)
	}
}

// size gives the page a width.
func (tb *tab) size(width int) {
	tb.t.Helper()
	tb.do("Emulation.setDeviceMetricsOverride", params{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false})
}

// scheme has the page prefer light or dark colours.
func (tb *tab) scheme(name string) {
	tb.t.Helper()
	tb.do("Emulation.setEmulatedMedia", params{"features": []params{{"name": "prefers-color-scheme", "value": name}}})
}

// forgive returns what has gone wrong in the tab, and forgets it: the test has it go wrong.
func (tb *tab) forgive() (told []string) {
	tb.t.Helper()
	tb.do("Runtime.evaluate", params{"expression": "0"}) // all events before its answer have been read
	tb.mu.Lock()
	defer tb.mu.Unlock()
	told, tb.wrong = tb.wrong, nil
	return told
}

// framed is the address of what the only frame of the page shows.
func (tb *tab) framed() string {
	tb.t.Helper()
	var tree struct {
		FrameTree struct {
			ChildFrames []struct{ Frame struct{ URL string } }
		}
	}
	tb.call(tb.t, tb.session, "Page.getFrameTree", nil, &tree)
	if len(tree.FrameTree.ChildFrames) != 1 {
		tb.t.Fatalf("the page has %d frames", len(tree.FrameTree.ChildFrames))
	}
	return tree.FrameTree.ChildFrames[0].Frame.URL
}
