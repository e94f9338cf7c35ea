// Package page is the simulator's page for people: machines, orders, prices with the bids in them,
// stock and the latest requests, as they are now, with what steers the world. It is plain HTML with
// one style sheet and one script, embedded in the binary. The script asks the control path's route
// watch once a second, and posts to the routes that curl posts to. Nothing of it exists at KEC.
package page

import (
	"embed"
	"net/http"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

//go:embed files
var files embed.FS

// file is an embedded file, and how a browser is to read it.
type file struct{ name, contentType string }

// places are the paths at which the embedded files are served.
var places = map[string]file{
	"/":                             {"files/page.html", "text/html; charset=utf-8"},
	kecsim.ControlPath + "page.css": {"files/page.css", "text/css; charset=utf-8"},
	kecsim.ControlPath + "page.js":  {"files/page.js", "text/javascript; charset=utf-8"},
}

// headers go with every file. The policy keeps anything from running or loading that is not one of
// the files, whatever text gets into the page.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cache-Control":                "no-cache", // the next build's script must not meet this one's page
}

// Over serves the page in front of a simulator, which gets all other requests. KEC's API is called
// at "/", too, so the page is only what a browser asks for there: GET with neither a parameter nor
// a signature, by a name of this machine.
func Over(sim http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ours := places[r.URL.Path]
		if !ours || r.Method != http.MethodGet || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" || !control.Loopback(r.Host) {
			sim.ServeHTTP(w, r)
			return
		}
		body, err := files.ReadFile(f.name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		for header, value := range headers {
			w.Header().Set(header, value)
		}
		w.Header().Set("Content-Type", f.contentType)
		_, _ = w.Write(body) // a browser that has hung up needs no page
	})
}
