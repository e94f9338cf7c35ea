package machines

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestTransport_overTheNetwork(t *testing.T) {
	t.Parallel()
	var evil atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { evil.Add(1) }))
	t.Cleanup(elsewhere.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch r.FormValue("AvailabilityZone") {
		case "redirect":
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		case "cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"InstanceCount":1`)
		default:
			_, _ = io.WriteString(w, `{"InstanceCount":5}`)
		}
	})
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that is to fail
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	opts := []ksyun.Option{ksyun.WithEndpoints(ksyun.Endpoints{KEC: srv.URL}), ksyun.WithRetries(1, 0, 0)}

	trusting, err := connect("cn-beijing-6", append(opts, ksyun.WithRootCA(cert))...)
	if err != nil {
		t.Fatal(err)
	}
	n, err := trusting.DescribeKecInventory(t.Context(), "N3.2B", "a")
	if n != 5 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	_, err = trusting.DescribeKecInventory(t.Context(), "N3.2B", "redirect")
	e, _ := errors.AsType[*ksyun.Error](err)
	if e == nil || e.Status != 307 || evil.Load() != 0 {
		t.Errorf("redirect: got %v after %d requests elsewhere", err, evil.Load())
	}
	_, err = trusting.DescribeKecInventory(t.Context(), "N3.2B", "cut")
	if err == nil || !strings.Contains(err.Error(), "gave up after 2 tries in ") {
		t.Errorf("cut: got %v", err)
	}

	wary, err := connect("cn-beijing-6", opts...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = wary.RunInstances(t.Context(), url.Values{})
	if err == nil || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "tries") {
		t.Errorf("untrusted: got %v", err)
	}
	srv.Close()
	_, err = trusting.RunInstances(t.Context(), url.Values{})
	if err == nil || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "gave up after 2 tries") {
		t.Errorf("closed: got %v", err)
	}
}

// authority signs certificates for tests.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: kectest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(48 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = kectest.Must(x509.ParseCertificate(kectest.Must(x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key))))
	return a
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// serve starts a server for handler with a certificate that can be spoilt, and returns its URL.
func (a *authority) serve(handler http.HandlerFunc, spoil func(*x509.Certificate, *tls.Config)) string {
	a.t.Helper()
	key := kectest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kec"}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	config := &tls.Config{MinVersion: tls.VersionTLS10}
	spoil(template, config)
	der := kectest.Must(x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key))
	config.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that are to fail
	srv.TLS = config
	srv.StartTLS()
	a.t.Cleanup(srv.Close)
	return srv.URL
}

// A service that cannot prove to be the one that was meant gets no request, and so no signature;
// and what the right one says about another place is not followed.
func TestTransport_badOnesGetNothing(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	var asked, elsewhere atomic.Int32
	answer := func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"InstanceCount":5,"InstancesSet":[{"InstanceId":"i-1"}]}`)
	}
	nothing := func(*x509.Certificate, *tls.Config) {}
	other := ca.serve(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }, nothing)
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(plain.Close)
	redirects := func(status int, to string) string {
		return ca.serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }, nothing)
	}
	for _, tc := range []struct{ name, url, want string }{
		{"untrusted", stranger.serve(answer, nothing), "certificate signed by unknown authority"},
		{"another host's", ca.serve(answer, func(c *x509.Certificate, _ *tls.Config) {
			c.IPAddresses, c.DNSNames = []net.IP{net.IPv4(127, 0, 0, 2)}, []string{"kec.api.ksyun.com"}
		}), "certificate is valid for 127.0.0.2, not 127.0.0.1"},
		{"expired", ca.serve(answer, func(c *x509.Certificate, _ *tls.Config) { c.NotAfter = time.Now().Add(-time.Hour) }), "certificate has expired or is not yet valid"},
		{"not valid yet", ca.serve(answer, func(c *x509.Certificate, _ *tls.Config) { c.NotBefore = time.Now().Add(time.Hour) }), "certificate has expired or is not yet valid"},
		{"for clients", ca.serve(answer, func(c *x509.Certificate, _ *tls.Config) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}),
			"certificate specifies an incompatible key usage"},
		{"TLS 1.1", ca.serve(answer, func(_ *x509.Certificate, c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }), "no TLS connection, for which 1.2 or newer is needed: remote error: tls: protocol version not supported"},
		{"no cipher in common", ca.serve(answer, func(_ *x509.Certificate, c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA256}
		}), "no TLS connection, for which 1.2 or newer is needed: remote error: tls: handshake failure"},
		{"a client certificate", ca.serve(answer, func(_ *x509.Certificate, c *tls.Config) {
			c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert
		}), "no TLS connection, for which 1.2 or newer is needed: remote error: tls: "},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), "server gave HTTP response to HTTPS client"},
		{"301", redirects(301, other), "answered with a redirect, which is never followed (HTTP 301)"},
		{"302", redirects(302, other), "answered with a redirect, which is never followed (HTTP 302)"},
		{"307", redirects(307, other), "answered with a redirect, which is never followed (HTTP 307)"},
		{"308", redirects(308, other+"/?Action=RunInstances"), "answered with a redirect, which is never followed (HTTP 308)"},
		{"307 to http", redirects(307, plain.URL), "answered with a redirect, which is never followed (HTTP 307)"},
		{"http to a foreign host", "http://kec.api.ksyun.com", "http is allowed only to this machine"},
	} {
		c, err := connect("cn-beijing-6", ksyun.WithEndpoints(ksyun.Endpoints{KEC: tc.url, Tag: tc.url}), ksyun.WithRootCA(ca.pem()), ksyun.WithRetries(1, 0, 0))
		if err != nil {
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v", tc.name, err)
			}
			continue
		}
		_, reading := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		_, launching := c.Launch(t.Context(), order())
		for what, err := range map[string]error{"read": reading, "launch": launching} {
			if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, ErrOutcomeUnknown) || strings.Contains(err.Error(), "gave up") {
				t.Errorf("%s, %s: got %v", tc.name, what, err)
			}
		}
	}
	equal(t, "requests", fmt.Sprint(asked.Load(), " ", elsewhere.Load()), "0 0")

	// The same service as it should be, to show that the others were refused for what is wrong with
	// them.
	c, err := connect("cn-beijing-6", ksyun.WithEndpoints(ksyun.Endpoints{KEC: ca.serve(answer, func(_ *x509.Certificate, c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })}),
		ksyun.WithRootCA(ca.pem()))
	if err != nil {
		t.Fatal(err)
	}
	l, err := c.Launch(t.Context(), order())
	equal(t, "as it should be", fmt.Sprint(l.InstanceID, " ", err, asked.Load()), "i-1 <nil> 1")
}

// The limit on answers is one of their size after decompression, whatever they take on the wire.
func TestTransport_refusesAnswersThatAreTooLarge(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, `{"InstanceCount":1,"x":"`)
	for range 16 << 10 {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<10))
	}
	_, _ = io.WriteString(w, `"}`)
	_ = w.Close()
	ca := newAuthority(t)
	var asked atomic.Int32
	url := ca.serve(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("compressed answers are not asked for, so this proves nothing")
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}, func(*x509.Certificate, *tls.Config) {})
	c, err := connect("cn-beijing-6", ksyun.WithEndpoints(ksyun.Endpoints{KEC: url}), ksyun.WithRootCA(ca.pem()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	if err == nil || !strings.HasSuffix(err.Error(), "the answer is larger than 16 MiB") {
		t.Errorf("got %v", err)
	}
	equal(t, "requests", asked.Load(), 1)
	if packed.Len() > 1<<20 {
		t.Errorf("%d bytes on the wire", packed.Len())
	}
}
