package control

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Loopback tells whether the Host of a request is this machine by a name that no DNS server can
// give to somebody else: 127.0.0.0/8, [::1] or localhost, with any port. A web page of a foreign
// name that its owner has pointed at 127.0.0.1 (DNS rebinding) has another Host.
func Loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// checkSource refuses requests that a web page of somebody else has the user's browser send. The
// control path has no password, so what keeps others out is that only this machine reaches it. A
// browser names the page in Origin or Sec-Fetch-Site; curl sends neither.
func checkSource(r *http.Request) error {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	switch origin := r.Header.Get("Origin"); {
	case !Loopback(r.Host):
		return fmt.Errorf("the host %q is refused: call this path by 127.0.0.1, [::1] or localhost", protocol.Clip(r.Host))
	case origin != "" && !strings.EqualFold(origin, scheme+"://"+r.Host):
		return fmt.Errorf("requests from the web page %q are refused", protocol.Clip(origin))
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
		return nil
	default:
		return fmt.Errorf("requests from other web pages are refused (Sec-Fetch-Site %q)", protocol.Clip(site))
	}
}
