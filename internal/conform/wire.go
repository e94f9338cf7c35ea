package conform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// probe is one request that the client never sends: in another form, or with a flaw. The zero value
// is a good one: POST of a form at "/", Action and Version in the query, signed in its headers.
type probe struct {
	service ksyun.Service // kec if it is left out
	action  string
	version string // that of the action if it is left out
	form    url.Values

	method, path string
	allInBody    bool // Action and Version stand in the form body
	allInQuery   bool // there is no body
	json         any  // the body in place of the form

	keys        ksyun.Credentials // those of the run if they are left out
	region      string            // of the scope, that of the run if it is left out
	unsigned    bool
	queryForm   bool                // the signature stands in the query
	bareHeaders bool                // content-type is not signed
	payloadHash string              // in place of the one of the body
	ahead       time.Duration       // of the service's clock
	after       func(*http.Request) // changes the signed request
}

const (
	jsonBody = "application/json"
	formBody = "application/x-www-form-urlencoded"
	// probeGap is the pause before a probe, which the pace of the client does not count.
	probeGap = 100 * time.Millisecond
	// probeTries is how often a probe is sent that is throttled.
	probeTries = 4
	maxAnswer  = 4 << 20
)

// probe sends p and reads the answer, whatever its status. What is throttled is sent again.
func (s *session) probe(ctx context.Context, p probe) (reply, error) {
	pause := probeGap
	for try := 1; ; try++ {
		if err := s.api.Sleep(ctx, pause); err != nil {
			return reply{}, err
		}
		r, err := s.probeOnce(ctx, p)
		throttled := r.status == http.StatusTooManyRequests || r.status == 509 || r.code == "RequestLimitExceeded"
		if err != nil || !throttled || try == probeTries {
			return r, err
		}
		pause = 2 * time.Second
	}
}

func (s *session) probeOnce(ctx context.Context, p probe) (reply, error) {
	p = s.complete(p)
	req, body, err := s.requestOf(ctx, p)
	if err != nil {
		return reply{}, err
	}
	if !p.unsigned {
		if req, err = s.signed(ctx, p, req, body); err != nil {
			return reply{}, err
		}
	}
	if p.after != nil {
		p.after(req)
	}
	resp, err := s.raw.Do(req)
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: no answer from %s", p.service, p.action, req.URL.Host)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: the answer of %s breaks off", p.service, p.action, req.URL.Host)
	}
	r := reply{status: resp.StatusCode, body: answer, header: resp.Header}
	r.code, r.message = r.text("Error.Code"), r.text("Error.Message")
	return r, nil
}

// complete fills in what a probe leaves out.
func (s *session) complete(p probe) probe {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	if p.service == "" {
		p.service = ksyun.KEC
	}
	fill(&p.version, versionOf(p.service, p.action))
	fill(&p.method, http.MethodPost)
	fill(&p.path, "/")
	fill(&p.region, s.regionOf(p.service))
	if p.keys.AccessKey == "" {
		p.keys = s.Keys
	}
	return p
}

// regionOf is the region of the scope of a service (fact 27: that of trade is always the same).
func (s *session) regionOf(service ksyun.Service) string {
	if service == ksyun.Trade {
		return "cn-beijing-6"
	}
	return s.Region
}

// requestOf builds the request of a probe, unsigned.
func (s *session) requestOf(ctx context.Context, p probe) (*http.Request, []byte, error) {
	u, err := url.Parse(s.Endpoint)
	if s.Endpoint == "" || err != nil {
		u = &url.URL{Scheme: "https"}
	}
	u.Host, u.Path = s.api.Host(p.service), p.path
	query, body := url.Values{"Action": {p.action}, "Version": {p.version}}, url.Values{}
	for name, values := range p.form {
		if p.allInQuery {
			query[name] = values
		} else {
			body[name] = values
		}
	}
	if p.allInBody {
		body.Set("Action", p.action)
		body.Set("Version", p.version)
		query = url.Values{}
	}
	u.RawQuery = encoded(query)
	text, contentType := []byte(encoded(body)), formBody
	if p.json != nil {
		if text, err = json.Marshal(p.json); err != nil {
			return nil, nil, err
		}
		contentType = jsonBody
	}
	req, err := http.NewRequestWithContext(ctx, p.method, u.String(), strings.NewReader(string(text)))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", jsonBody)
	if len(text) > 0 {
		req.Header.Set("Content-Type", contentType)
	}
	return req, text, nil
}

// encoded is a query or form in the encoding of RFC 3986 (fact 8: a space is %20).
func encoded(values url.Values) string { return strings.ReplaceAll(values.Encode(), "+", "%20") }

// signed signs a request with what the probe says. The signer gets a copy that holds only what is
// to be signed, because it signs every header that it sees.
func (s *session) signed(ctx context.Context, p probe, req *http.Request, body []byte) (*http.Request, error) {
	bare := req.Clone(ctx)
	bare.Body, bare.ContentLength, bare.Header = nil, 0, http.Header{}
	if !p.bareHeaders && req.Header.Get("Content-Type") != "" {
		bare.Header.Set("Content-Type", req.Header.Get("Content-Type"))
	}
	hash := p.payloadHash
	if hash == "" {
		sum := sha256.Sum256(body)
		hash = hex.EncodeToString(sum[:])
	}
	creds := aws.Credentials{AccessKeyID: p.keys.AccessKey, SecretAccessKey: p.keys.SecretKey, SessionToken: p.keys.SecurityToken}
	at := s.api.Now().Add(p.ahead)
	if p.queryForm {
		signedURL, _, err := v4.NewSigner().PresignHTTP(ctx, creds, bare, hash, string(p.service), p.region, at)
		if err != nil {
			return nil, err
		}
		out := req.Clone(ctx)
		out.URL, err = url.Parse(signedURL)
		return out, err
	}
	if p.keys.SecurityToken != "" {
		bare.Header.Set("X-Ksc-Security-Token", p.keys.SecurityToken)
	}
	if err := v4.NewSigner().SignHTTP(ctx, creds, bare, hash, string(p.service), p.region, at); err != nil {
		return nil, err
	}
	out := req.Clone(ctx)
	for name, values := range bare.Header {
		out.Header[name] = values
	}
	return out, nil
}
