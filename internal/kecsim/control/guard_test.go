package control

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// sources are requests of several senders: curl, the simulator's own page, other pages.
var sources = []struct {
	name, host, origin, site string
	refused                  string // a part of the refusal, "" for none
}{
	{"curl", "127.0.0.1:7480", "", "", ""},
	{"curl by name", "LocalHost:7480", "", "", ""},
	{"curl without a port", "localhost", "", "", ""},
	{"curl over IPv6", "[::1]:7480", "", "", ""},
	{"curl over IPv6 without a port", "[::1]", "", "", ""},
	{"another loopback address", "127.9.8.7:1", "", "", ""},
	{"the simulator's page", "127.0.0.1:7480", "http://127.0.0.1:7480", "same-origin", ""},
	{"an address typed by a user", "localhost:7480", "", "none", ""},
	{"a name that points here", "rebound.example.com:7480", "", "", "rebound.example.com:7480"},
	{"that page's own script", "rebound.example.com", "http://rebound.example.com", "same-origin", "the host"},
	{"a name that starts like this machine", "localhost.example.com", "", "", "the host"},
	{"an address that others have", "192.0.2.1:7480", "", "", "the host"},
	{"no host", "", "", "", "the host"},
	{"another web page", "127.0.0.1:7480", "https://example.com", "", `web page "https://example.com"`},
	{"a page without an origin", "127.0.0.1:7480", "null", "", `web page "null"`},
	{"a page of another port", "127.0.0.1:7480", "http://127.0.0.1:7481", "same-site", "http://127.0.0.1:7481"},
	{"the page by another name", "127.0.0.1:7480", "http://localhost:7480", "", "http://localhost:7480"},
	{"the page over another protocol", "127.0.0.1:7480", "https://127.0.0.1:7480", "", "https://127.0.0.1:7480"},
	{"a form of another site", "127.0.0.1:7480", "", "cross-site", `Sec-Fetch-Site "cross-site"`},
	{"a picture of another port's page", "127.0.0.1:7480", "", "same-site", `Sec-Fetch-Site "same-site"`},
}

func TestControl_refusesOtherWebPages(t *testing.T) {
	t.Parallel()
	for _, c := range sources {
		for _, method := range []string{"GET", "POST"} {
			sim := kecsim.New(kecsim.WithControl(Serve))
			r := httptest.NewRequest(method, "/_kecsim/quota", strings.NewReader(`{"count":7}`))
			if method == "GET" {
				r = httptest.NewRequest(method, "/_kecsim/world", nil)
			}
			r.Host = c.host
			for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			status, quota := 200, 100
			switch {
			case c.refused != "":
				status = 403
			case method == "POST":
				quota = 7
			}
			same(t, c.name+": status of "+method, w.Code, status)
			same(t, c.name+": quota after "+method, sim.Overview().Quota, quota)
			if text := strings.ReplaceAll(w.Body.String(), `\"`, `"`); !strings.Contains(text, c.refused) {
				t.Errorf("%s: %s lacks %s", c.name, text, c.refused)
			}
		}
	}
}
