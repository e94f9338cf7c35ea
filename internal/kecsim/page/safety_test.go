package page

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

// asked is a request to a simulator with its page, changed by headers in pairs; Host is one of
// them.
func asked(t *testing.T, sim http.Handler, method, path, content string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:7480"+path, strings.NewReader(content))
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Over(sim).ServeHTTP(w, r)
	return w.Result()
}

// The whole policy, and the other headers of every file.
func TestOver_headers(t *testing.T) {
	t.Parallel()
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	for _, path := range []string{"/", "/_kecsim/page.css", "/_kecsim/page.js"} {
		r := asked(t, sim, "GET", path, "")
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
		} {
			equal(t, path+" "+header, r.Header.Get(header), want)
		}
	}
}

// The page is served, and the world is steered, by names of this machine only, and for no other web
// page.
func TestOver_refusesOthers(t *testing.T) {
	t.Parallel()
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	const quota = `{"count": 7}`
	for _, host := range []string{"127.0.0.1:7480", "localhost:7480", "[::1]:7480", "127.0.0.2"} {
		equal(t, "the page at "+host, asked(t, sim, "GET", "/", "", "Host", host).StatusCode, 200)
		equal(t, "steering at "+host, asked(t, sim, "POST", "/_kecsim/quota", `{"count": 100}`, "Host", host, "Origin", "http://"+host).StatusCode, 200)
	}
	for _, host := range []string{"kecsim.example.com", "127.0.0.1.example.com", "localhost.example.com:7480", "192.0.2.1:7480", "0.0.0.0:7480", ""} {
		if r := asked(t, sim, "GET", "/", "", "Host", host); r.StatusCode < 400 || strings.Contains(body(t, r), "<html") {
			t.Errorf("the page is served at the host %q: %d", host, r.StatusCode)
		}
		for _, route := range []string{"GET watch", "GET page.js", "POST quota"} {
			method, name, _ := strings.Cut(route, " ")
			equal(t, route+" at "+host, asked(t, sim, method, "/_kecsim/"+name, quota, "Host", host).StatusCode, http.StatusForbidden)
		}
	}
	for _, headers := range [][]string{
		{"Origin", "http://example.com"}, {"Origin", "null"}, {"Origin", "http://127.0.0.1:7481"}, {"Origin", "https://127.0.0.1:7480"}, {"Origin", "http://localhost:7480"},
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "new-word"},
	} {
		for _, route := range []string{"GET watch", "GET world", "POST quota"} {
			method, name, _ := strings.Cut(route, " ")
			equal(t, fmt.Sprint(route, headers), asked(t, sim, method, "/_kecsim/"+name, quota, headers...).StatusCode, http.StatusForbidden)
		}
	}
	equal(t, "quota", sim.Overview().Quota, 100)
}

// A web page of somebody else, in the same browser, can neither steer the world nor show the page
// in a frame, nor read what is in it.
func TestPage_ofSomebodyElse(t *testing.T) {
	t.Parallel()
	b := theBrowser(t)
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	server := httptest.NewServer(Over(sim))
	t.Cleanup(server.Close)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><p id="live"></p><script>
			const tried = []
			const attempt = (name, what) => what.then(r => name + ": " + (r.status ?? r), () => name + ": refused")
			const element = (tag, url) => new Promise((load, error) => {
				const e = document.createElement(tag); e.src = url; e.onload = load; e.onerror = error; document.body.append(e)
			}).then(() => "loaded")
			Promise.all([
				attempt("read", fetch("%[1]s/_kecsim/watch")),
				attempt("steer", fetch("%[1]s/_kecsim/quota", { method: "POST", body: '{"count": 7}' })),
				attempt("steer unseen", fetch("%[1]s/_kecsim/quota", { method: "POST", mode: "no-cors", body: '{"count": 7}' }).then(() => "sent")),
				attempt("script", element("script", "%[1]s/_kecsim/page.js")),
				attempt("frame", element("iframe", "%[1]s/").then(() => { try { return document.querySelector("iframe").contentDocument ? "empty" : "another's" } catch { return "another's" } })),
			]).then(all => { document.title = all.join(", "); document.getElementById("live").textContent = "live" })
		</script>`, server.URL)
	}))
	t.Cleanup(other.Close)
	tb := b.open(t, other.URL)
	var title string
	tb.eval(`document.title`, &title)
	equal(t, "what came of it", title, "read: refused, steer: refused, steer unseen: sent, script: refused, frame: another's")
	equal(t, "quota", sim.Overview().Quota, 100)
	equal(t, "in the frame", tb.framed(), "chrome-error://chromewebdata/")
	if told := tb.forgive(); len(told) == 0 {
		t.Error("the browser has told of nothing that was refused: the other tests would not notice either")
	}
}

// Nothing that gets into the page runs, and nothing leaves it.
func TestPage_policy(t *testing.T) {
	t.Parallel()
	_, tb := shop(t)
	var got string
	tb.eval(`(async () => {
		const script = document.createElement("script")
		script.textContent = "window.ran = 'inline'"
		document.body.append(script)
		const out = [String(window.ran)]
		const image = new Image()
		out.push(await new Promise(end => { image.onload = () => end("loaded"); image.onerror = () => end("refused"); image.src = "http://127.0.0.1:1/x.png" }))
		out.push(await fetch("http://127.0.0.1:1/").then(() => "sent", () => "refused"))
		try { out.push(new Function("return 'evaluated'")()) } catch { out.push("refused") }
		return out.join(", ")
	})()`, &got)
	equal(t, "an inline script, an image, a request and a text that is evaluated", got, "undefined, refused, refused, refused")
	if told := fmt.Sprint(tb.forgive()); !strings.Contains(told, "Content Security Policy") {
		t.Errorf("the browser tells of %s", told)
	}
}

// gate is a simulator with its page whose answers to the page's questions can be held: an answer is
// made at once, and goes out when the gate lets it.
type gate struct {
	sim   http.Handler
	mu    sync.Mutex
	holds bool
	held  chan func() // answers that wait; each is let go by a call
}

func (g *gate) hold(holds bool) {
	g.mu.Lock()
	g.holds = holds
	g.mu.Unlock()
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	made := httptest.NewRecorder()
	g.sim.ServeHTTP(made, r)
	g.mu.Lock()
	holds := g.holds && strings.HasPrefix(r.URL.Path, "/_kecsim/watch")
	g.mu.Unlock()
	if holds {
		let := make(chan struct{})
		select {
		case g.held <- sync.OnceFunc(func() { close(let) }):
		case <-r.Context().Done():
		}
		select {
		case <-let:
		case <-r.Context().Done():
		}
	}
	for name, values := range made.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(made.Code)
	_, _ = io.Copy(w, bytes.NewReader(made.Body.Bytes()))
}

// An answer that was made before the world changed and comes after one that was made later does not
// replace what the page shows.
func TestPage_lateAnswer(t *testing.T) {
	t.Parallel()
	b := theBrowser(t)
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	g := &gate{sim: Over(sim), held: make(chan func())}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	tb := b.open(t, server.URL)
	stock := text(card(kecsim.ZoneB), "p")
	tb.is(stock, "0.0403 · on demand 0.1965 · 50 left")

	g.hold(true)
	older := <-g.held // it says 50 left
	g.hold(false)
	tb.press("Sell out: N3.2B in cn-beijing-6b")
	tb.is(stock, "0.0403 · on demand 0.1965 · sold out")
	tb.eval(`window.shownStock = []; new MutationObserver(() => window.shownStock.push(`+stock+`)).observe(document, { subtree: true, childList: true, characterData: true })`, nil)
	g.hold(true)
	older()
	newer := <-g.held // the page asks again once it has the older answer
	var shown []string
	tb.eval(`[...window.shownStock, `+stock+`]`, &shown)
	for _, one := range shown {
		equal(t, "stock after the late answer", one, "0.0403 · on demand 0.1965 · sold out")
	}
	g.hold(false)
	newer()
	tb.says("#live", "live")
}

// What is steered in quick succession happens in its order, and the page says what came of the
// last.
func TestPage_quickSuccession(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	tb.eval(`(card => {
		const form = card.querySelector("form.stock")
		for (const count of [9, 8, 7, 6, 5]) { form.elements.count.value = count; form.requestSubmit() }
		card.querySelector(".sell-out").click()
	})(`+card(kecsim.ZoneB)+`)`, nil)
	tb.says("#result", "N3.2B in cn-beijing-6b is sold out")
	tb.is(text(card(kecsim.ZoneB), "p"), "0.0403 · on demand 0.1965 · sold out")
	equal(t, "stock", sim.Stock(kecsim.ZoneB, kecsim.TypeSmall), 0)
}
