package page

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

// get asks for a path of a simulator with its page, with headers by name.
func get(t *testing.T, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:7480"+path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Over(kecsim.New(kecsim.WithControl(control.Serve))).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	return string(raw)
}

// The page and its files come with a policy that lets nothing else run or load.
func TestOver_servesThePage(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/": "text/html; charset=utf-8", "/_kecsim/page.css": "text/css; charset=utf-8", "/_kecsim/page.js": "text/javascript; charset=utf-8"} {
		r := get(t, path)
		if got := body(t, r); r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != want || len(got) < 1000 {
			t.Errorf("%s: %d, %s, %d bytes", path, r.StatusCode, r.Header.Get("Content-Type"), len(got))
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';") {
			t.Errorf("%s: the policy is %s", path, csp)
		}
	}
}

// The API is at "/" too, and answers there as without the page.
func TestOver_leavesTheAPIAlone(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Response{
		"an action":       get(t, "/?Action=DescribeInstances&Version=2016-03-04"),
		"a signature":     get(t, "/", "Authorization", "AWS4-HMAC-SHA256 Credential=x"),
		"another name":    get(t, "/", "Host", "kecsim.example.com"),
		"another path":    get(t, "/index.html"),
		"a foreign style": get(t, "/_kecsim/page.css", "Host", "kecsim.example.com"),
	} {
		if got := body(t, r); r.StatusCode < 400 || strings.Contains(got, "<html") || !strings.Contains(got, `rror"`) {
			t.Errorf("%s: %d %s", name, r.StatusCode, got)
		}
	}
}

// Nothing comes from another host, and no text becomes markup.
func TestFiles_needNothingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"page.html", "page.css", "page.js"} {
		raw, err := files.ReadFile("files/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range regexp.MustCompile(`https?:|//[a-z]+\.|innerHTML|outerHTML|insertAdjacentHTML|eval\(|document\.write|@import|localStorage`).FindAllString(string(raw), -1) {
			t.Errorf("%s holds %s", name, wrong)
		}
		if lines := strings.Count(string(raw), "\n"); lines > 400 {
			t.Errorf("%s has %d lines, more than 400", name, lines)
		}
	}
}
