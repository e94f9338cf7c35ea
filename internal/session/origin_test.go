package session_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

const longKey = "AKLTxyz-0123456789-abcd"

// What goes into the state names a key and does not tell it.
func TestOriginOf_keepsNoKey(t *testing.T) {
	t.Parallel()
	for key, name := range map[string]string{longKey: "the access key that ends in abcd", "AKLTshort": "an access key", "": "an access key"} {
		o := session.OriginOf("cn-beijing-6", "kec.api.ksyun.com", key)
		if o.KeyName() != name {
			t.Errorf("%q is named %q, want %q", key, o.KeyName(), name)
		}
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(key) - 4 {
			if part := key[i : i+5]; strings.Contains(string(raw), part) {
				t.Errorf("%s holds %q of the key", raw, part)
			}
		}
		if again := session.OriginOf("cn-beijing-6", "kec.api.ksyun.com", key); again != o {
			t.Errorf("%v, and %v for the same key", o, again)
		}
	}
	if a, b := session.OriginOf("", "", "AKLT-one"), session.OriginOf("", "", "AKLT-two"); a.Key == b.Key {
		t.Errorf("two keys have one fingerprint, %s", a.Key)
	}
}

// kept is a private state.
type kept map[string]string

func (k kept) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	k[key] = string(value)
	return nil
}

// untold is the unknown origin of a machine. One that is known stays as it is.
func untold(t *testing.T, id string) (o session.Origin) {
	t.Helper()
	private := kept{}
	if is, diags := o.Untold(t.Context(), id, private); !is || diags.HasError() || !o.Unknown() || private["origin"] != `{"region":"","key":"unknown `+id+`"}` {
		t.Errorf("%v, %v: %v is kept as %v", is, diags, o, private)
	}
	before := o
	if is, _ := o.Untold(t.Context(), id+"-other", kept{}); is || o != before {
		t.Errorf("%v became %v", before, o)
	}
	return o
}

// An absence counts once something proves the account; the billing service is asked once.
func TestTells(t *testing.T) {
	t.Parallel()
	here := session.OriginOf("r", "kec.api.ksyun.com", longKey)
	otherKey, otherHost := session.OriginOf("r", "kec.api.ksyun.com", "AKLT-another-one"), session.OriginOf("r", "127.0.0.1:80", longKey)
	const record = `{"data":{"total":1,"retresponse":[{"instanceId":"i-1","status":5}]}}`
	const none = `{"data":{"total":0,"retresponse":[]}}`
	elsewhere := strings.Replace(record, `"status"`, `"region":"cn-shanghai-2","status"`, 1)
	unknown, another, unknownHere := untold(t, "i-1"), untold(t, "i-2"), untold(t, "i-1")
	unknownHere.Region = "r"
	refused := kectest.Refuse(http.StatusForbidden, "AccessDenied", "no")
	for _, c := range []struct {
		name    string
		last    session.Origin
		found   []session.Origin
		billing kectest.Reply
		want    bool
		asked   int
		billed  string // the other region
	}{
		{"the same place", here, nil, refused, true, 0, ""},
		{"a state that says nothing of keys", session.Origin{Region: "r"}, nil, refused, true, 0, ""},
		{"another key, and nothing is known", otherKey, nil, kectest.OK(none), false, 12, ""},
		{"another key, and nothing may be asked", otherKey, nil, refused, false, 1, ""},
		{"another key, and a billing record", otherKey, nil, kectest.OK(record), true, 1, ""},
		{"another key, and one of its machines", otherKey, []session.Origin{otherKey}, refused, true, 0, ""},
		{"another key, and a machine of a third one", otherKey, []session.Origin{here, otherHost}, refused, false, 1, ""},
		{"another endpoint, of which no billing record speaks", otherHost, nil, kectest.OK(record), false, 0, ""},
		{"another endpoint, and one of its machines", otherHost, []session.Origin{otherHost}, refused, true, 0, ""},
		{"another key, and a billing record of another region", otherKey, nil, kectest.OK(elsewhere), true, 1, ""},
		{"no place, and nothing is known", unknown, nil, kectest.OK(none), false, 12, ""},
		{"no place, and a billing record without a region", unknown, nil, kectest.OK(record), false, 1, ""},
		{"no place, and a billing record of this region", unknown, nil, kectest.OK(strings.Replace(elsewhere, "cn-shanghai-2", "R", 1)), true, 1, ""},
		{"no place, and a billing record of another region", unknown, nil, kectest.OK(elsewhere), false, 1, "cn-shanghai-2"},
		{"no place but the region, and a billing record", unknownHere, nil, kectest.OK(elsewhere), true, 1, ""},
		{"no place, and another such machine", unknown, []session.Origin{another}, refused, false, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			service, clock := kectest.Of(c.billing), kectest.NewClock()
			now, sleep := clock.Local()
			client := kectest.Must(kec.New("cn-beijing-6", ksyun.Credentials{AccessKey: longKey, SecretKey: "s"},
				ksyun.WithHTTPTransport(service), ksyun.WithClock(now, sleep), ksyun.WithRate(0)))
			s := &session.Session{API: client, Here: here}
			for _, o := range c.found {
				s.Found(o)
			}
			for range 3 {
				if got := s.Tells(t.Context(), c.last, "i-1"); got != c.want {
					t.Errorf("tells %v, want %v", got, c.want)
				}
			}
			if got := s.BilledIn(c.last); got != c.billed {
				t.Errorf("billed in %q, want %q", got, c.billed)
			}
			if len(service.Got) != c.asked {
				t.Errorf("%d requests, want %d", len(service.Got), c.asked)
			}
		})
	}
}

// A machine that is read before those that prove the account waits for them, and for no others.
func TestTells_waitsForTheOtherReads(t *testing.T) {
	t.Parallel()
	for name, proves := range map[string]bool{"one of them is found": true, "none is found": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				here, last := session.OriginOf("r", "127.0.0.1:80", longKey), session.OriginOf("r", "127.0.0.1:81", longKey)
				s := &session.Session{Here: here, Preflight: preflight.New(nil, preflight.Off, "r", nil)}
				began := time.Now()
				var reading sync.WaitGroup
				defer reading.Wait()
				reading.Go(func() {
					defer s.Preflight.Busy()()
					time.Sleep(3 * time.Second) // a slow answer
					if proves {
						s.Found(last)
					}
				})
				defer s.Preflight.Busy()()
				if got := s.Tells(t.Context(), last, "i-1"); got != proves {
					t.Errorf("tells %v, want %v", got, proves)
				}
				if took := time.Since(began); took != 4*time.Second { // and a second of silence
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}
