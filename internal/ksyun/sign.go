package ksyun

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Credentials are an access key pair and, for temporary keys, the token that STS gave with them.
// However they are printed or logged, they show nothing.
type Credentials struct{ AccessKey, SecretKey, SecurityToken string }

const hiddenText = "(hidden)"

// String shows nothing.
func (Credentials) String() string { return hiddenText }

// GoString shows nothing.
func (Credentials) GoString() string { return hiddenText }

// Format shows nothing, whatever the verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenText) }

// LogValue shows nothing.
func (Credentials) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// check finds a missing key, and one that a header cannot carry, such as a key that was read from a
// file with its line end.
func (k Credentials) check() error {
	if k.AccessKey == "" {
		return errors.New("the access key is empty")
	}
	if k.SecretKey == "" {
		return errors.New("the secret key is empty")
	}
	for _, v := range []struct{ name, value string }{
		{"access key", k.AccessKey}, {"secret key", k.SecretKey}, {"security token", k.SecurityToken},
	} {
		if strings.ContainsFunc(v.value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("the %s holds a space, a line end or another character that no key has", v.name)
		}
	}
	return nil
}

const (
	headerAuth     = "Authorization"
	headerDate     = "X-Amz-Date"
	headerAmzToken = "X-Amz-Security-Token"
	headerKscToken = "X-Ksc-Security-Token"
)

// signing signs each request with AWS Signature V4, in the header form, for the service and region
// that scope names. It signs at the local time or, once that has been refused, at the service's,
// and lets the clock learn from the Date of the answer.
//
// The signer signs every header it sees, and content-length besides, while the documented samples
// sign content-type;host;x-amz-date (fact 23: the signed headers). It therefore gets a copy that
// holds only what is to be signed. A security token is sent, and signed, under both names that
// KEC's clients use (fact 26: two token headers). The payload is always hashed (fact 25: no
// unsigned payload).
func signing(
	next http.RoundTripper, keys Credentials, clk *clock, scope func(*http.Request) (service, region string),
) http.RoundTripper {
	signer := v4.NewSigner()
	creds := aws.Credentials{AccessKeyID: keys.AccessKey, SecretAccessKey: keys.SecretKey, SessionToken: keys.SecurityToken}
	return step(func(req *http.Request) (*http.Response, error) {
		ctx := req.Context()
		payload, err := drain(req.Body)
		if err != nil {
			callOf(ctx).neverSent = true
			return nil, fmt.Errorf("the request's body cannot be read: %w", err)
		}
		hash := sha256.Sum256(payload)

		bare := req.Clone(ctx)
		bare.Body, bare.ContentLength, bare.Header = nil, 0, http.Header{}
		if v := req.Header.Values("Content-Type"); len(v) > 0 {
			bare.Header["Content-Type"] = v
		}
		if keys.SecurityToken != "" {
			bare.Header.Set(headerKscToken, keys.SecurityToken)
		}
		service, region := scope(req)
		offset := time.Duration(clk.signing.Load())
		callOf(ctx).offset = offset
		if err := signer.SignHTTP(ctx, creds, bare, hex.EncodeToString(hash[:]), service, region, clk.now().Add(offset)); err != nil {
			callOf(ctx).neverSent = true
			return nil, fmt.Errorf("the request cannot be signed: %w", err)
		}

		out := req.Clone(ctx)
		if req.Body != nil {
			out.Body = io.NopCloser(bytes.NewReader(payload))
		}
		for _, name := range []string{headerAuth, headerDate, headerAmzToken, headerKscToken} {
			if v := bare.Header.Get(name); v != "" {
				out.Header.Set(name, v)
			}
		}
		_, signature, _ := strings.Cut(bare.Header.Get(headerAuth), "Signature=")
		callOf(ctx).redactor.add(signature)

		resp, err := next.RoundTrip(out)
		if err == nil {
			clk.learn(resp.Header.Get("Date"))
		}
		return resp, err
	})
}

// drain reads a body to its end and closes it; a nil one is empty.
func drain(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	b, err := io.ReadAll(body)
	return b, errors.Join(err, body.Close())
}
