package machines

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// A service that answers nothing but 503 gets 1.1 requests per call over 1000 calls, whichever 503
// it is.
func TestBudget_sparesAServiceInTrouble(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]reply{
		"gateway": {Status: 503, Body: "<html>"}, "throttling": refuse(503, "RequestLimitExceeded", "x"), "no answer": {Err: io.EOF},
		"no connection": {Err: refusedDial},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(r)
			c, _ := client(t, s, ksyun.WithRetries(8, time.Millisecond, 4*time.Millisecond), ksyun.WithRate(0))
			var err error
			for range 1000 {
				_, err = c.Find(t.Context(), "i-1", nil)
			}
			equal(t, "requests", len(s.Got), 1100)
			if err == nil || errors.Is(err, ErrGone) || !strings.Contains(err.Error(),
				"gave up after 1 try in 0s, because too many calls have failed of late and the budget of repetitions is used up: ") {
				t.Errorf("got %v", err)
			}
			s.Replies = []reply{set("active", "i-1")}
			for range 4 {
				if _, err := c.Find(t.Context(), "i-1", nil); err != nil {
					t.Fatal(err)
				}
			}
			s.Replies, s.Got = []reply{r}, nil
			_, _ = c.Find(t.Context(), "i-1", nil)
			equal(t, "requests once four were answered", len(s.Got), 3)
		})
	}
}

// Random throttling of a fifth of all attempts is ridden out, for 1.25 requests per call.
func TestBudget_ridesOutThrottling(t *testing.T) {
	t.Parallel()
	for share, limit := range map[float64]float64{0.2: 1.35, 0.3: 1.5} {
		random := rand.New(rand.NewPCG(5, 1))
		s := &script{Answer: func(int, sent) reply {
			if random.Float64() < share {
				return reply{Status: 429}
			}
			return set("active", "i-1")
		}}
		c, _ := client(t, s, ksyun.WithRetries(8, time.Millisecond, 4*time.Millisecond))
		const needed = 2000
		for range needed {
			if _, err := c.Find(t.Context(), "i-1", nil); err != nil {
				t.Fatal(err)
			}
		}
		ratio := float64(len(s.Got)) / needed
		t.Logf("%.0f %% throttled: %.3f requests per call", share*100, ratio)
		if ratio > limit {
			t.Errorf("%.0f %% throttled: %.3f requests per call, want at most %.2f", share*100, ratio, limit)
		}
	}
}
