package ksyun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// limited is a service that lets perSecond requests pass, size at once, refuses a share of them at
// random besides, and takes its time to answer.
type limited struct {
	perSecond, size, share float64
	takes                  time.Duration

	mu             sync.Mutex
	random         *rand.Rand
	tokens         float64
	start, at      time.Time
	early, refused int // in the first five seconds and in the minute after that
	passed         int // in that minute
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(l.takes / 2)
	pass := l.take()
	time.Sleep(l.takes / 2)
	status, body := 200, `{"InstanceCount":1}`
	if !pass {
		status, body = 503, `{"Error":{"Code":"RequestLimitExceeded"}}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (l *limited) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.start.IsZero() {
		l.start, l.at, l.tokens, l.random = now, now, l.size, rand.New(rand.NewPCG(1, 2))
	}
	l.tokens = min(l.size, l.tokens+now.Sub(l.at).Seconds()*l.perSecond)
	l.at = now
	pass := l.tokens >= 1 && l.random.Float64() >= l.share
	if pass {
		l.tokens--
	}
	switch since := now.Sub(l.start); {
	case since >= 65*time.Second:
	case since < 5*time.Second && !pass:
		l.early++
	case since < 5*time.Second:
	case pass:
		l.passed++
	default:
		l.refused++
	}
	return pass
}

// pressed keeps a service busy for 65 seconds with so many callers, and returns how many of their
// calls failed. It runs in a bubble.
func pressed(t *testing.T, l *limited, configured float64, callers int) (failed int32) {
	t.Helper()
	c, err := connect("cn-beijing-6", WithHTTPTransport(l), WithRate(configured))
	if err != nil {
		t.Fatal(err)
	}
	var wrong atomic.Int32
	var all sync.WaitGroup
	end := time.Now().Add(65 * time.Second)
	for range callers {
		all.Go(func() {
			for time.Now().Before(end) {
				if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
					wrong.Add(1)
				}
			}
		})
	}
	all.Wait()
	return wrong.Load()
}

// A limit of 20 requests a second, which nobody has told us, is found from whatever rate is
// configured: from the first five seconds on at least 80 % of it are used, at most 5 % of the
// requests are refused, and no call fails for it.
func TestPace_findsTheLimit(t *testing.T) {
	t.Parallel()
	for _, configured := range []float64{20, 100, 1000} {
		for _, callers := range []int{10, 50} {
			for _, size := range []float64{1, 20} {
				name := fmt.Sprintf("%v configured, %d callers, bursts of %v", configured, callers, size)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						l := &limited{perSecond: 20, size: size, takes: 50 * time.Millisecond}
						failed := pressed(t, l, configured, callers)
						used, refused := float64(l.passed)/(20*60), float64(l.refused)/float64(l.refused+l.passed)
						t.Logf("%s: %.1f %% used, %.1f %% refused, %d refused before", name, 100*used, 100*refused, l.early)
						if used < 0.8 || refused > 0.05 || failed > 0 {
							t.Errorf("%.1f %% used, %.1f %% refused, %d calls failed", 100*used, 100*refused, failed)
						}
					})
				})
			}
		}
	}
}

// Where requests are throttled whatever the rate, slowing down is given up, and most of the rate is
// used.
func TestPace_seesThatSlowingDownDoesNotHelp(t *testing.T) {
	t.Parallel()
	for _, configured := range []float64{20, 100} {
		synctest.Test(t, func(t *testing.T) {
			l := &limited{perSecond: 1e6, size: 1e6, share: 0.2, takes: 50 * time.Millisecond}
			failed := pressed(t, l, configured, 50)
			perSecond := float64(l.passed+l.refused) / 60
			t.Logf("%v configured, 20 %% throttled at random: %.1f requests a second", configured, perSecond)
			if perSecond < configured/2 || failed > 0 {
				t.Errorf("%v configured: %.1f requests a second, %d calls failed", configured, perSecond, failed)
			}
		})
	}
}

func TestPace_rate(t *testing.T) {
	t.Parallel()
	clk := newClock()
	p := newPace(20, &clock{now: clk.Now, sleep: clk.Sleep})
	is := func(what string, want float64) {
		t.Helper()
		equal(t, what, fmt.Sprintf("%.2f", p.rateAt(clk.Now())), fmt.Sprintf("%.2f", want))
	}
	leave := func() time.Time {
		fixed, err := p.wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fixed
	}
	for range 20 {
		leave()
	}
	before, after := leave(), leave()
	is("at first", 20)
	p.answered(after, true)
	is("after a cut", 15)
	p.answered(before, true)
	is("a request from before the cut", 15)
	clk.At = clk.At.Add(time.Second)
	is("a second later", 15.75)
	clk.At = clk.At.Add(time.Hour)
	is("an hour later", 20)
	for range 100 {
		_ = clk.Sleep(t.Context(), time.Millisecond)
		p.noProbeUntil = clk.Now().Add(time.Hour)
		p.answered(clk.Now(), true)
		clk.At = clk.At.Add(time.Millisecond)
	}
	is("in the end", minRate)

	slow := newPace(0.1, &clock{now: clk.Now, sleep: clk.Sleep})
	slow.answered(clk.Now(), true)
	equal(t, "never more than configured", slow.rateAt(clk.Now()), 0.1)
}

// A request whose turn would come after its deadline fails at once, and was not sent.
func TestPace_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := of(ok(`{"InstanceCount":1}`))
		c, err := connect("cn-beijing-6", WithHTTPTransport(s), WithRate(0.01))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		for range 2 {
			_, err = c.DescribeKecInventory(ctx, "N3.2B", "z")
		}
		equal(t, "error", fmt.Sprint(err), "kec DescribeKecInventory: kec.api.ksyun.com: its turn would come in 1m40s: context deadline exceeded before anything was sent")
		equal(t, "is the deadline", errors.Is(err, context.DeadlineExceeded), true)
		equal(t, "after", time.Since(start), 0)
		equal(t, "requests", len(s.Got), 1)

		// Whoever waits for the head of the queue leaves it with its context, too.
		head, stop := context.WithCancel(t.Context())
		go func() { _, _ = c.DescribeKecInventory(head, "N3.2B", "z") }()
		synctest.Wait()
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = c.DescribeKecInventory(ctx, "N3.2B", "z")
		equal(t, "cancelled", errors.Is(err, context.Canceled), true)
		equal(t, "after", time.Since(start), time.Second)
		stop()
	})
}

// paced is a pace on a clock of its own, for a test that says when each answer comes.
func paced(configured float64) (*pace, *fakeClock) {
	clk := newClock()
	return newPace(configured, &clock{now: clk.Now, sleep: clk.Sleep}), clk
}

// One throttling episode, request by request: cuts that do not help, a probe that ends early, and
// the cuts while there is no other.
func TestPace_episode(t *testing.T) {
	t.Parallel()
	p, clk := paced(20)
	throttled := func(n int) string {
		var got []string
		for range n {
			clk.At = clk.At.Add(100 * time.Millisecond)
			p.answered(clk.Now(), true)
			got = append(got, fmt.Sprintf("%.2f", p.rate))
		}
		return strings.Join(got, " ")
	}
	left := func(until time.Time) time.Duration { return max(0, until.Sub(clk.Now())) }
	equal(t, "five useless cuts", throttled(5), "15.00 11.31 8.52 6.42 4.84")
	equal(t, "the sixth begins a probe", throttled(1)+" "+left(p.probeUntil).String(), "4.86 30s")
	equal(t, "in the probe", throttled(11)+" "+left(p.probeUntil).String(), strings.Repeat("4.86 ", 11)+"28.9s")
	equal(t, "the rate by then", fmt.Sprintf("%.2f", p.rateAt(clk.Now())), "7.60")
	equal(t, "a third is throttled", throttled(1)+" "+left(p.probeUntil).String()+" "+left(p.noProbeUntil).String(), "5.93 0s 15s")
	equal(t, "cuts again", throttled(6)+" "+left(p.probeUntil).String(), "4.47 3.37 2.54 1.91 1.44 1.09 0s")
	clk.At = clk.At.Add(14300 * time.Millisecond)
	equal(t, "until no probe is over", throttled(1)+" "+left(p.probeUntil).String(), "1.65 0s")
	equal(t, "and a moment later", throttled(1)+" "+left(p.probeUntil).String(), "1.65 30s")
	clk.At = clk.At.Add(5 * time.Second)
	p.answered(clk.Now(), false)
	equal(t, "five seconds of a probe", fmt.Sprintf("%.2f", p.rateAt(clk.Now())), "12.56")
	clk.At = clk.At.Add(25 * time.Second)
	equal(t, "its end", fmt.Sprintf("%.2f", p.rateAt(clk.Now())), "20.00")
}

// Each probe that ends early makes the time without one twice as long, up to eight minutes.
func TestPace_probesThatFail(t *testing.T) {
	t.Parallel()
	p, clk := paced(20)
	var pauses []string
	for none := (time.Time{}); len(pauses) < 7; {
		clk.At = clk.At.Add(time.Second)
		p.answered(clk.Now(), true)
		if p.noProbeUntil != none {
			none = p.noProbeUntil
			pauses = append(pauses, none.Sub(clk.Now()).String())
		}
	}
	equal(t, "without a probe", strings.Join(pauses, " "), "15s 30s 1m0s 2m0s 4m0s 8m0s 8m0s")
}

// A cut has helped when throttling stays away for five seconds and twenty answers; both are needed.
func TestPace_usefulCuts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		after   time.Duration // between two cuts
		answers int           // in that time, that of the second cut among them
		useless int           // cuts in a row, by then
	}{
		{5 * time.Second, 21, 0}, {5*time.Second - 1, 21, 2}, {5 * time.Second, 20, 2}, {time.Minute, 2, 2}, {time.Second, 500, 2},
	} {
		p, clk := paced(20)
		clk.At = clk.At.Add(time.Second)
		p.answered(clk.Now(), true) // the first one counts, because so few were answered before it
		equal(t, "the first", p.uselessCuts, 1)
		for range tc.answers - 1 {
			clk.At = clk.At.Add(time.Millisecond)
			p.answered(clk.Now(), false)
		}
		clk.At = p.cutAt.Add(tc.after)
		p.answered(clk.Now(), true)
		equal(t, fmt.Sprintf("%+v", tc), p.uselessCuts, tc.useless)
	}
}

// A rate that is not made use of is cut from what is, but from no less than twenty a second.
func TestPace_cutsWhatIsUsed(t *testing.T) {
	t.Parallel()
	for sent, want := range map[int]float64{0: 15, 10: 15, 20: 15, 40: 30, 90: 67.5} {
		p, clk := paced(100)
		for range sent {
			if _, err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		clk.At = clk.At.Add(time.Millisecond)
		p.answered(clk.Now(), true)
		equal(t, fmt.Sprint(sent, " sent"), p.rate, want)
	}
}

// A cut leaves nothing of what was saved up for a burst: the next requests leave one by one. A turn
// that is not taken is that of the next one.
func TestPace_turns(t *testing.T) {
	t.Parallel()
	p, clk := paced(20)
	leave := func(ctx context.Context) error { _, err := p.wait(ctx); return err }
	for range 20 {
		equal(t, "in the burst", leave(t.Context()), nil)
	}
	equal(t, "waits", len(clk.Slept), 0)
	equal(t, "after the burst", leave(t.Context()), nil)
	equal(t, "waits", fmt.Sprint(clk.Slept), "[50ms]")
	clk.At = clk.At.Add(time.Hour)
	p.answered(clk.Now(), true)
	brief, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	equal(t, "no time", errors.Is(leave(brief), context.DeadlineExceeded), true)
	equal(t, "one by one", fmt.Sprint(leave(t.Context()), leave(t.Context())), "<nil> <nil>")
	equal(t, "waits", fmt.Sprint(clk.Slept[1].Round(time.Millisecond), clk.Slept[2].Round(time.Millisecond)), "67ms 66ms")
}

// Below the configured rate nothing is saved up, and there is a burst again once it is reached.
func TestPace_burst(t *testing.T) {
	t.Parallel()
	p, clk := paced(20)
	leave := func(n int) int {
		clk.Slept = nil
		for range n {
			if _, err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return len(clk.Slept)
	}
	clk.At = clk.At.Add(time.Second)
	p.answered(clk.Now(), true)
	clk.At = clk.At.Add(time.Second)
	equal(t, "waits after a second", leave(3), 2)
	clk.At = clk.At.Add(time.Hour)
	leave(1) // finds the rate as it was
	clk.At = clk.At.Add(2 * time.Second)
	equal(t, "waits after an hour", leave(21), 1)
}

// Only the head of the queue has a place in the limiter.
func TestPace_queue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sleeping atomic.Int32
		p := newPace(1, &clock{now: time.Now, sleep: func(ctx context.Context, d time.Duration) error {
			sleeping.Add(1)
			defer sleeping.Add(-1)
			return sleep(ctx, d)
		}})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _, _ = p.wait(t.Context()) })
		}
		synctest.Wait()
		equal(t, "waiting for the limiter", sleeping.Load(), 1)
		start := time.Now()
		all.Wait()
		equal(t, "the last one leaves after", time.Since(start), 3*time.Second)
	})
}

// What was sent in the last full second, or in this one if that is more.
func TestPerSecond(t *testing.T) {
	t.Parallel()
	var c perSecond
	start := newClock().Now()
	for _, step := range []struct {
		after time.Duration
		times int
		want  float64
	}{{0, 3, 3}, {999 * time.Millisecond, 1, 4}, {time.Second, 1, 4}, {1500 * time.Millisecond, 5, 6}, {2 * time.Second, 1, 6}, {3 * time.Second, 1, 1}, {5 * time.Second, 2, 2}, {6 * time.Second, 0, 2}} {
		for range step.times {
			c.add(start.Add(step.after))
		}
		equal(t, step.after.String(), c.value(), step.want)
	}
}
