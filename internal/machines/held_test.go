package machines

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// A launch that is refused for what a machine still holds is sent again, with the pauses of a wait,
// until it is taken, is refused for something else, or its context ends.
func TestLaunch_held(t *testing.T) {
	t.Parallel()
	stock := func(err error) bool {
		e, _ := errors.AsType[*ksyun.Error](err)
		return e != nil && e.Code == "ProductSellOutInvalid"
	}
	never := func(error) bool { return false }
	quota := play{says: fixed(refuse(400, "InstanceQuotaExceeded", "x"))}
	const no = "RunInstances: ProductSellOutInvalid: sell out (request id req-1, HTTP 400)"
	for name, tc := range map[string]struct {
		plays []play
		held  []func(error) bool
		want  string
		waits string
	}{
		"nothing is held":          {[]play{sellsOut}, nil, no, "[]"},
		"for another thing":        {[]play{sellsOut}, []func(error) bool{never}, no, "[]"},
		"free at the third try":    {[]play{sellsOut, sellsOut, accepts}, []func(error) bool{never, stock}, "i-3", "[1s 2s]"},
		"then for something else":  {[]play{sellsOut, quota}, []func(error) bool{stock}, "RunInstances: InstanceQuotaExceeded: x (request id req-1, HTTP 400) (after 2 tries in 1s, because a machine that this run has ended may still hold it)", "[1s]"},
		"the first is taken":       {[]play{accepts}, []func(error) bool{stock}, "i-1", "[]"},
		"a lost one is looked for": {[]play{sellsOut, loses}, []func(error) bool{stock}, "i-2", "[1s 1s 2s]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := newCloud(t, tc.plays...)
			l, err := c.Launch(t.Context(), order(), tc.held...)
			got := l.InstanceID
			if err != nil {
				got = err.Error()
			}
			equal(t, "result", got, tc.want)
			var waits []time.Duration
			for _, d := range k.clk.Slept {
				if d > 0 {
					waits = append(waits, d)
				}
			}
			equal(t, "waits", fmt.Sprint(waits), tc.waits)
			for _, one := range k.Got {
				if one.Action == "RunInstances" {
					equal(t, "the mark", launchTagIn(one.Form), "mark-1")
				}
			}
		})
	}
	k, c := newCloud(t, sellsOut)
	ctx, cancel := context.WithCancel(t.Context())
	k.clk.LocalSleep = func(ctx context.Context, d time.Duration) error {
		if d == 3*time.Second {
			cancel()
			<-ctx.Done()
		}
		return k.clk.Sleep(ctx, d)
	}
	_, err := c.Launch(ctx, order(), stock)
	equal(t, "interrupted", fmt.Sprint(err), no+" (after 3 tries in 3s, because a machine that this run has ended may still hold it)")
}

// What this client has launched, or adopted, is new: a look-up that does not show it proves
// nothing.
func TestLaunch_isNew(t *testing.T) {
	t.Parallel()
	for name, play := range map[string]play{"answered": accepts, "lost": loses} {
		k, c := newCloud(t, play)
		l, err := c.Launch(t.Context(), order())
		if err != nil {
			t.Fatal(err)
		}
		k.visible = time.Hour
		_, err = c.Find(t.Context(), l.InstanceID, nil)
		equal(t, name, errors.Is(err, ErrNotVisible), true)
	}
}

// The launch tags of parameters are found by a key of theirs, in any case, and by nothing else.
func TestLaunchTag_inParameters(t *testing.T) {
	t.Parallel()
	for want, params := range map[string]map[string][]string{
		"m": {"Tag.1.Key": {"env"}, "Tag.1.Value": {LaunchTagKey}, "Tag.2.Key": {"KEC-Launch-Mark"}, "Tag.2.Value": {"m"}},
		"":  {"Tag.1.Key": {"env"}, "Tag.1.Value": {LaunchTagKey}, "Key": {LaunchTagKey}, "Tag.2.Keys": {LaunchTagKey}, "Tag.2.Value": {"x"}},
	} {
		for range 20 { // the order of a map is another one each time
			equal(t, "mark", launchTagIn(params), want)
		}
	}
	for key, want := range map[string]bool{LaunchTagKey: true, "KEC-Start-Again": true, "Kec-fleet-id": true, "kec-fleet": false, "env": false, "": false} {
		equal(t, key, InternalTag(key), want)
	}
	for key, want := range map[string]bool{"ksc:x": true, "KSC-x": true, "kec-x": false, "xksc": false} {
		equal(t, key, ownTag(key), want)
	}
}

// KEC's own tags are left out where KEC refuses them, and only there. What was set is what the
// machine has for two minutes, whatever a view shows.
func TestSetTags_kecsOwnTags(t *testing.T) {
	t.Parallel()
	const own, none = `{"ResourceUuid":"i-1","TagKey":"ksc-x","TagValue":"1"}`, ""
	yes := ok(`{"RequestId":"r","Result":true}`)
	for name, tc := range map[string]struct {
		now     string
		replies []reply
		sent    int // replacements
		err     string
	}{
		"taken":                        {own, []reply{yes}, 1, "<nil>"},
		"refused, then taken":          {own, []reply{refuse(400, "Odd", "x"), yes}, 2, "<nil>"},
		"refused, and again":           {own, []reply{refuse(400, "Odd", "x"), refuse(400, "Odd", "y")}, 2, "ReplaceResourcesTags: Odd: y (request id req-1, HTTP 400)"},
		"there are none":               {none, []reply{refuse(400, "Odd", "x")}, 1, "ReplaceResourcesTags: Odd: x (request id req-1, HTTP 400)"},
		"a permission":                 {own, []reply{refuse(403, "PermissionDenied", "x")}, 1, "ReplaceResourcesTags: PermissionDenied: x (request id req-1, HTTP 403)"},
		"it may have been done":        {own, []reply{refuse(400, "ServiceUnavailable", "x")}, 4, ""},
		"throttled":                    {own, []reply{refuse(400, "Throttling", "x")}, 4, ""},
		"refused with a word of state": {own, []reply{ok(`{"RequestId":"r","Result":false,"Message":"no"}`)}, 1, "ReplaceResourcesTags: no (request id r, HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replaced := 0
			s := &script{}
			s.Answer = func(_ int, one sent) reply {
				if one.Action == "ListTagsByResourceIds" {
					return ok(`{"Tags":[` + tc.now + `]}`)
				}
				replaced++
				return tc.replies[min(replaced, len(tc.replies))-1]
			}
			c, clk := client(t, s)
			err := c.SetTags(t.Context(), "i-1", nil, map[string]string{"env": "prod"})
			if tc.err != "" {
				equal(t, "error", fmt.Sprint(err), tc.err)
			}
			equal(t, "sent", replaced, tc.sent)
			equal(t, "in doubt", errors.Is(err, kec.ErrChangeUnknown), strings.HasPrefix(name, "it may"))

			// The next change begins with what was set, where that is certain.
			for _, step := range []struct {
				after time.Duration
				reads int
			}{{0, 0}, {2*time.Minute - 1, 0}, {1, 1}} {
				clk.At = clk.At.Add(step.after)
				before := len(s.Got)
				_ = c.SetTags(t.Context(), "i-1", map[string]string{"env": "prod"}, map[string]string{"env": "prod"})
				want := step.reads
				if err != nil {
					want = 1
				}
				equal(t, fmt.Sprint("read after ", step.after), len(s.Got)-before, want)
			}
		})
	}
}
