package ksyun

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestLeaves(t *testing.T) {
	t.Parallel()
	equal(t, "leaves", leaves([]byte(`{"a":"x","b":[{"Password":"y"},"z",7,null],"c":{"d":{"e":"w"}},"f":true}`)).Encode(), "a=x&b.1.Password=y&b.2=z&c.d.e=w")
	var r redactor
	r.addParams(leaves([]byte(`{"list":[{"NewPassword":"abcdefgh"}],"clientSecret":"ijklmnop","nested":{"UserData":"plain-user-data"},"UserData":"c2NyaXB0LXRleHQ="}`)))
	r.addParams(map[string][]string{"Tag.1.Key": {"api-secret"}, "Tag.1.Value": {"qrstuvwx"}, "Tag.2.Key": {"env"}, "Tag.2.Value": {"production"}})
	equal(t, "hidden", r.redact("abcdefgh ijklmnop plain-user-data script-text qrstuvwx production"),
		"(hidden) (hidden) plain-user-data (hidden) (hidden) production")
}

// A service, or a proxy, that echoes the request in any spelling reveals nothing.
func TestSecrets_neverEchoed(t *testing.T) {
	t.Parallel()
	const password = `Passw0rd/+&"<é`
	const startup = "#!/bin/sh\necho \"topsecretvalue\" > /etc/x\n"
	userData := base64.StdEncoding.EncodeToString([]byte(startup))
	params := url.Values{"InstancePassword": {password}, "UserData": {userData}, "InstanceName": {"worker"}}
	spellings := func(v string) []string {
		q, _ := json.Marshal(v)
		return []string{
			v, url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(url.QueryEscape(v), "+", "%20"), strings.ToLower(url.QueryEscape(v)),
			base64.StdEncoding.EncodeToString([]byte(v)), base64.URLEncoding.EncodeToString([]byte(v)),
			base64.RawStdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)), html.EscapeString(v), strings.Trim(string(q), `"`),
		}
	}
	var forbidden []string
	for _, v := range []string{testAccess, testSecret, testToken, password, userData, startup} {
		forbidden = append(forbidden, spellings(v)...)
	}
	forbidden = append(forbidden, `echo "topsecretvalue" > /etc/x`)
	echo := func(one sent) string {
		_, signature, _ := strings.Cut(one.Header.Get("Authorization"), "Signature=")
		return "bad request: " + strings.Join(forbidden, " | ") + " | " + signature + " | " + one.Body
	}
	for name, answer := range map[string]func(one sent) reply{
		"refusal": func(one sent) reply { return refuse(400, "C "+echo(one), echo(one)) },
		"request id": func(one sent) reply {
			b, _ := json.Marshal(map[string]any{"RequestId": echo(one), "code": echo(one), "message": echo(one), "codeDesc": echo(one) + "x"})
			return reply{Status: 503, Body: string(b)}
		},
		"network": func(one sent) reply { return reply{Err: errors.New("malformed HTTP response: " + echo(one))} },
		"text":    func(one sent) reply { return reply{Status: 502, Body: echo(one)} },
		"HTML":    func(one sent) reply { return reply{Status: 502, Body: "<html>" + echo(one)} },
		"cut":     func(one sent) reply { return ok(`{"x":"` + echo(one)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var traced []string
			s := &script{Answer: func(_ int, one sent) reply { return answer(one) }}
			c, _ := client(t, s, WithTrace(func(_ context.Context, t Trace) { traced = append(traced, fmt.Sprintf("%+v", t)) }))
			_, err := c.RunInstances(t.Context(), params)
			said := fmt.Sprintf("%v %+v", err, traced)
			for e := err; e != nil; e = errors.Unwrap(e) {
				said += " " + e.Error()
			}
			if e, ok := errors.AsType[*Error](err); ok {
				said += fmt.Sprintf("%#v", e)
			}
			_, signature, _ := strings.Cut(s.Got[0].Header.Get("Authorization"), "Signature=")
			for _, v := range slices.Concat(forbidden, []string{signature}) {
				if strings.Contains(said, v) {
					t.Errorf("%q is revealed", v)
				}
			}
			if len(traced) != 1 {
				t.Errorf("got %d traces", len(traced))
			}
		})
	}
}

func TestRedact_leavesTheRest(t *testing.T) {
	t.Parallel()
	var r redactor
	r.add("secret-1", "abc")
	r.addUserData(base64.StdEncoding.EncodeToString([]byte("hi")))
	equal(t, "scrubbed", r.redact("abc hi secret-1, SECRET, SeCreT-1"), "abc hi (hidden), SECRET, (hidden)")
	equal(t, "nothing to hide", new(redactor).redact("as it is"), "as it is")
}

func TestClean_cutsEndlessMessages(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(refuse(http.StatusBadRequest, "C", strings.Repeat("长", 100000))))
	_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	if n := len(err.Error()); n > longestText+200 {
		t.Errorf("the error has %d bytes", n)
	}
}

// What is too short is no secret: four characters are hidden, and three are not; of user data, a
// line of eight is, and one of seven is not.
func TestRedact_shortest(t *testing.T) {
	t.Parallel()
	var r redactor
	r.add("abc", "wxyz")
	r.addUserData(base64.StdEncoding.EncodeToString([]byte("1234567\n  12345678  \n")))
	equal(t, "hidden", r.redact("abc wxyz 1234567 12345678 WXYZ"), "abc (hidden) 1234567 (hidden) (hidden)")
	equal(t, "alone", r.redact("wxyz"), "(hidden)")
	equal(t, "short", r.redact("abc"), "abc")
	r.addUserData(base64.StdEncoding.EncodeToString([]byte("ab\ncd\n")))
	equal(t, "a script of short lines", r.redact("x ab\ncd\n y ab%0Acd%0A z ab"), "x (hidden) y (hidden) z ab")
	r.add(`é<"xyz`)
	equal(t, "in JSON", r.redact(`é<\"xyz é\u003c\"xyz \u00e9<\"xyz é<"xyz`), "(hidden) (hidden) (hidden) (hidden)")
	r.add(`q"uoted`)
	equal(t, "in JSON within JSON", r.redact(`q"uoted q\"uoted q\\\"uoted`), "(hidden) (hidden) (hidden)")
	r.add("later")
	equal(t, "added after the first text", r.redact("later"), "(hidden)")
	equal(t, "a longer one first", func() string { var r redactor; r.add("secret", "secret-token"); return r.redact("secret-token secret") }(), "(hidden) (hidden)")
	equal(t, "letters at the ends of the alphabet", func() string { var r redactor; r.add("AZaz@[`{"); return r.redact("azAZ@[`{ AZAZ@[`{") }(), "(hidden) (hidden)")
}

// Which parameters are secret is said by their names.
func TestRedact_ofARequest(t *testing.T) {
	t.Parallel()
	request := url.Values{
		"InstancePassword": {"pass-one", "pass-two"}, "userdata": {base64.StdEncoding.EncodeToString([]byte("#!/bin/sh"))}, "ClientSecretX": {"value-one"},
		"InstanceName": {"a-name"}, "Tag.1.Key": {"secret-thing"}, "Tag.1.Value": {"value-two"}, "Tag.2.Key": {"env"}, "Tag.2.Value": {"value-three"}, "KeyId.1": {"a-key"},
	}
	equal(t, "text", Redact("pass-one pass-two #!/bin/sh value-one a-name value-two value-three a-key secret-thing", request),
		"(hidden) (hidden) (hidden) (hidden) a-name (hidden) value-three a-key secret-thing")
}
