package protocol

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	signAlgorithm = "AWS4-HMAC-SHA256"
	signDate      = "20060102T150405Z"
	offsetDate    = "20060102T150405Z07:00" // either signDate, or an offset in place of Z
	maxSkew       = 15 * time.Minute
)

// Signature is what a caller claims, in the form of headers or of a query.
type Signature struct {
	AccessKey string
	day       string // yyyymmdd of the scope
	Region    string
	Service   string
	headers   []string // signed, lower case, in the order sent
	hex       string
	date      time.Time
	stamp     string        // the date as it is signed
	expires   time.Duration // 0: none
	query     bool          // the query form, whose X-Amz-Signature is not signed itself
}

// ParseSignature reads the header form, else the query form.
//
// documented: both forms and their parts (facts 20-24), and a date with an offset, which is
// signed as it is sent (fact 300). assumed: the codes for malformed parts (fact 163).
func ParseSignature(r *http.Request, query url.Values) (*Signature, *Refusal) {
	var sig Signature
	var claim claim
	var refusal *Refusal
	switch auth := r.Header.Get("Authorization"); {
	case auth != "":
		claim, refusal = headerClaim(auth, r.Header.Get("X-Amz-Date"))
	case query.Has("X-Amz-Signature") || query.Has("X-Amz-Algorithm"):
		sig.query = true
		claim, refusal = queryClaim(query)
	default:
		return nil, Refuse(codeMissingToken, "the request is not signed")
	}
	if refusal != nil {
		return nil, refusal
	}
	scope := strings.Split(claim.credential, "/")
	if len(scope) != 5 || len(claim.signature) != 64 || claim.signedHeaders == "" {
		return nil, Refuse(codeIncompleteSignature, "Credential, SignedHeaders and Signature must all be there and whole")
	}
	sig.hex, sig.expires = claim.signature, claim.expires
	sig.AccessKey, sig.day, sig.Region, sig.Service = scope[0], scope[1], scope[2], scope[3]
	if scope[4] != "aws4_request" {
		return nil, Refuse(CodeSignatureMismatch, "the credential scope must end in aws4_request, not %q", Clip(scope[4]))
	}
	sig.headers = strings.Split(claim.signedHeaders, ";")
	if !slices.Contains(sig.headers, "host") {
		return nil, Refuse(CodeSignatureMismatch, "the header host must be signed")
	}
	var err error
	sig.stamp = claim.date
	if sig.date, err = time.Parse(offsetDate, claim.date); claim.date != "" && err != nil {
		return nil, Refuse(codeIncompleteSignature, "X-Amz-Date must look like %s", signDate)
	}
	if claim.date == "" {
		if sig.date, err = http.ParseTime(r.Header.Get("Date")); err != nil {
			return nil, Refuse(codeIncompleteSignature, "neither X-Amz-Date nor Date holds a date")
		}
		sig.date = sig.date.UTC()
		sig.stamp = sig.date.Format(signDate)
	}
	if sig.date.Format("20060102") != sig.day {
		return nil, Refuse(CodeSignatureMismatch, "the date in the credential scope is not that of the request")
	}
	return &sig, nil
}

// claim holds the parts of a signature as they were sent.
type claim struct {
	credential, signedHeaders, signature, date string
	expires                                    time.Duration
}

// headerClaim takes the Authorization header apart.
func headerClaim(auth, date string) (claim, *Refusal) {
	algorithm, rest, _ := strings.Cut(strings.TrimSpace(auth), " ")
	if algorithm != signAlgorithm {
		return claim{}, Refuse(codeIncompleteSignature, "the Authorization header must begin with %s", signAlgorithm)
	}
	out := claim{date: date}
	for _, part := range strings.Split(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Credential":
			out.credential = value
		case "SignedHeaders":
			out.signedHeaders = value
		case "Signature":
			out.signature = value
		}
	}
	return out, nil
}

// queryClaim reads the fields of the query form.
func queryClaim(query url.Values) (claim, *Refusal) {
	if query.Get("X-Amz-Algorithm") != signAlgorithm {
		return claim{}, Refuse(codeIncompleteSignature, "X-Amz-Algorithm must be %s", signAlgorithm)
	}
	out := claim{
		credential: query.Get("X-Amz-Credential"), signedHeaders: query.Get("X-Amz-SignedHeaders"),
		signature: query.Get("X-Amz-Signature"), date: query.Get("X-Amz-Date"),
	}
	if v := query.Get("X-Amz-Expires"); v != "" {
		seconds, err := strconv.Atoi(v)
		if err != nil || seconds < 1 || seconds > 604800 {
			return claim{}, Refuse(codeIncompleteSignature, "X-Amz-Expires must be between 1 and 604800, not %q", Clip(v))
		}
		out.expires = time.Duration(seconds) * time.Second
	}
	return out, nil
}

// Key is the secret of an access key. With a token it is a temporary one.
type Key struct{ Secret, Token string }

// Verify computes the signature of the request as it arrived and compares it with the claim.
// The date of the signature must be near the time of one of the clocks.
//
// documented: the algorithm and the payload hash over the real body (facts 20,
// 25), the token's two names, signed or not (fact 26). assumed: the skew, and
// that any of several clocks may confirm the date (facts 163, 180).
func (sig *Signature) Verify(r *http.Request, rawQuery string, body []byte, keys map[string]Key, clocks ...time.Time) *Refusal {
	k, known := keys[sig.AccessKey]
	if !known {
		return Refuse(codeUnknownKey, "the access key is not known")
	}
	canonical, refusal := sig.canonicalRequest(r, rawQuery, body)
	if refusal != nil {
		return refusal
	}
	mac := []byte("AWS4" + k.Secret)
	for _, part := range []string{sig.day, sig.Region, sig.Service, "aws4_request"} {
		mac = sum(mac, part)
	}
	want := hex.EncodeToString(sum(mac, strings.Join([]string{
		signAlgorithm,
		sig.stamp,
		sig.day + "/" + sig.Region + "/" + sig.Service + "/aws4_request",
		hashed([]byte(canonical)),
	}, "\n")))
	if subtle.ConstantTimeCompare([]byte(want), []byte(sig.hex)) != 1 {
		return Refuse(CodeSignatureMismatch, "the signature is not that of this request")
	}
	if refusal := sig.checkToken(r, k.Token); refusal != nil {
		return refusal
	}
	return sig.checkDate(clocks)
}

// checkToken compares the security token of the request, in any of its places, with the one of
// the key.
func (sig *Signature) checkToken(r *http.Request, want string) *Refusal {
	sent := []string{r.Header.Get("X-Ksc-Security-Token"), r.Header.Get("X-Amz-Security-Token")}
	if query, err := url.ParseQuery(r.URL.RawQuery); err == nil && sig.query {
		sent = append(sent, query.Get("X-Amz-Security-Token"), query.Get("X-Ksc-Security-Token"))
	}
	got := ""
	for _, token := range sent {
		if got != "" && token != "" && token != got {
			return Refuse(codeInvalidToken, "the request carries two different security tokens")
		}
		if token != "" {
			got = token
		}
	}
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return Refuse(codeInvalidToken, "the security token does not belong to the access key")
	}
	return nil
}

// checkDate refuses a date that is too far from the clock that is nearest to it.
func (sig *Signature) checkDate(clocks []time.Time) *Refusal {
	var near time.Time
	for i, now := range clocks {
		if i == 0 || now.Sub(sig.date).Abs() < near.Sub(sig.date).Abs() {
			near = now
		}
	}
	if sig.expires > 0 && near.After(sig.date.Add(sig.expires)) {
		return Refuse(codeRequestExpired, "the request expired at %s", sig.date.Add(sig.expires).UTC().Format(time.RFC3339))
	}
	// With an expiry a request may be late, but still not early.
	if off := near.Sub(sig.date); off < -maxSkew || sig.expires == 0 && off > maxSkew {
		return Refuse(codeTimeSkewed, "the request is dated %s, more than 15 minutes off", sig.date.UTC().Format(time.RFC3339))
	}
	return nil
}

// canonicalRequest is the text that is signed.
func (sig *Signature) canonicalRequest(r *http.Request, rawQuery string, body []byte) (string, *Refusal) {
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	query, err := canonicalQuery(rawQuery, sig.query)
	if err != nil {
		return "", Refuse(CodeSignatureMismatch, "the query is not well-formed")
	}
	var headers strings.Builder
	for _, name := range sig.headers {
		values := r.Header.Values(name)
		switch {
		case name == "host":
			values = []string{r.Host}
		case len(values) == 0 && name == "content-length":
			// net/http keeps the length beside the headers.
			values = []string{strconv.Itoa(len(body))}
		case len(values) == 0:
			return "", Refuse(CodeSignatureMismatch, "the signed header %q is not in the request", Clip(name))
		}
		headers.WriteString(name + ":")
		for i, v := range values {
			if i > 0 {
				headers.WriteByte(',')
			}
			headers.WriteString(strings.Join(strings.Fields(v), " "))
		}
		headers.WriteByte('\n')
	}
	return strings.Join([]string{
		r.Method, path, query, headers.String(), strings.Join(sig.headers, ";"), hashed(body),
	}, "\n"), nil
}

// canonicalQuery sorts the query by encoded name, then by encoded value. With dropSignature it
// leaves X-Amz-Signature out, which cannot sign itself.
func canonicalQuery(raw string, dropSignature bool) (string, error) {
	type pair struct{ name, value string }
	var pairs []pair
	for _, part := range strings.Split(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return "", err
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return "", err
		}
		if dropSignature && name == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, pair{percent(name), percent(value)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var out []string
	for _, p := range pairs {
		out = append(out, p.name+"="+p.value)
	}
	return strings.Join(out, "&"), nil
}

// percent encodes all characters but those that RFC 3986 calls unreserved.
func percent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

func sum(key []byte, data string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(data))
	return m.Sum(nil)
}

func hashed(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
