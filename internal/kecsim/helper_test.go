package kecsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// caller is a client written for these tests only: form POST, Action and Version
// in the query, headers signed as the documented samples do.
type caller struct {
	t                 *testing.T
	sim               *Server
	accessKey, secret string
	token             string
	region            string
	contentType       string
	skew              time.Duration
	tamper            func(*http.Request)
	actionInBody      bool
}

func newWorld(t *testing.T) (*Server, *caller) {
	t.Helper()
	sim := New()
	return sim, &caller{
		t: t, sim: sim, accessKey: AccessKey, secret: SecretKey, region: Region,
		contentType: "application/x-www-form-urlencoded",
	}
}

type answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Raw    string
	JSON   map[string]any
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// request signs for one fixed list of headers, so that the canonical text can be
// written down literally.
func (c *caller) request(service, action, version, body string) *http.Request {
	query := "Action=" + action + "&Version=" + version
	if c.actionInBody {
		body, query = query+"&"+body, ""
	}
	at := c.sim.Now().Add(c.skew)
	stamp, day := at.Format("20060102T150405Z"), at.Format("20060102")
	host := service + ".example.test"
	scope := day + "/" + c.region + "/" + service + "/aws4_request"
	canonical := fmt.Sprintf("POST\n/\n%s\ncontent-type:%s\nhost:%s\nx-amz-date:%s\n\ncontent-type;host;x-amz-date\n%x",
		query, c.contentType, host, stamp, sha256.Sum256([]byte(body)))
	k := mac(mac(mac(mac([]byte("AWS4"+c.secret), day), c.region), service), "aws4_request")
	sig := fmt.Sprintf("%x", mac(k, fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", stamp, scope, sha256.Sum256([]byte(canonical)))))
	r := httptest.NewRequest("POST", "http://"+host+"/?"+query, strings.NewReader(body))
	r.Header.Set("Content-Type", c.contentType)
	r.Header.Set("X-Amz-Date", stamp)
	if c.token != "" {
		r.Header.Set("X-Ksc-Security-Token", c.token)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.accessKey+"/"+scope+
		", SignedHeaders=content-type;host;x-amz-date, Signature="+sig)
	if c.tamper != nil {
		c.tamper(r)
	}
	return r
}

func (c *caller) send(r *http.Request) (out answer) {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.sim.ServeHTTP(w, r)
	out = answer{t: c.t, Status: w.Code, Header: w.Header(), Raw: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &out.JSON)
	return out
}

// call sends pairs of name and value.
func (c *caller) call(service, action, version string, pairs ...string) answer {
	c.t.Helper()
	var body []string
	for i := 0; i+1 < len(pairs); i += 2 {
		body = append(body, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return c.send(c.request(service, action, version, strings.Join(body, "&")))
}

func (c *caller) kec(action string, pairs ...string) answer {
	c.t.Helper()
	return c.call("kec", action, "2016-03-04", pairs...)
}

// spot is the least a spot launch needs.
func spot(pairs ...string) []string {
	base := map[string]string{
		"ImageId": ImageUbuntu, "InstanceType": TypeSmall, "MinCount": "1", "MaxCount": "1", "SubnetId": SubnetA,
		"SecurityGroupId.1": SecurityGroup, "ChargeType": "Spot",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			delete(base, pairs[i])
			continue
		}
		base[pairs[i]] = pairs[i+1]
	}
	var out []string
	for name, value := range base {
		out = append(out, name, value)
	}
	return out
}

// launch starts spot instances and returns their ids.
func (c *caller) launch(pairs ...string) []string {
	c.t.Helper()
	a := c.kec("RunInstances", spot(pairs...)...).ok()
	var ids []string
	for _, item := range a.JSON["InstancesSet"].([]any) {
		ids = append(ids, item.(map[string]any)["InstanceId"].(string))
	}
	return ids
}

func (c *caller) describe(id string) map[string]any {
	c.t.Helper()
	set := c.kec("DescribeInstances", "InstanceId.1", id).ok().JSON["InstancesSet"].([]any)
	if len(set) == 0 {
		return nil
	}
	return set[0].(map[string]any)
}

func (c *caller) state(id string) string {
	c.t.Helper()
	in := c.describe(id)
	if in == nil {
		return ""
	}
	return in["InstanceState"].(map[string]any)["Name"].(string)
}

func (a answer) ok() answer {
	a.t.Helper()
	if a.Status != 200 {
		a.t.Fatalf("status %d: %s", a.Status, a.Raw)
	}
	return a
}

func (a answer) code() string {
	e, _ := a.JSON["Error"].(map[string]any)
	code, _ := e["Code"].(string)
	return code
}

func (a answer) message() string {
	e, _ := a.JSON["Error"].(map[string]any)
	m, _ := e["Message"].(string)
	return m
}

// refused checks status and code, and that the message holds every fragment.
func (a answer) refused(status int, code string, fragments ...string) {
	a.t.Helper()
	if a.Status != status || a.code() != code {
		a.t.Fatalf("got %d %s, want %d %s: %s", a.Status, a.code(), status, code, a.Raw)
	}
	for _, f := range fragments {
		if !strings.Contains(a.message(), f) {
			a.t.Errorf("message %q lacks %q", a.message(), f)
		}
	}
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// control sends one request to the control path.
func control(t *testing.T, sim http.Handler, method, route, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	sim.ServeHTTP(w, httptest.NewRequest(method, "http://127.0.0.1/_kecsim/"+route, strings.NewReader(body)))
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}
