package market_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// inMemory carries requests to a handler without a socket, because a bubble of
// synctest knows none. Its latency passes in the bubble's time.
type inMemory struct {
	http.Handler
	latency time.Duration
}

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(m.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// script answers every call with what the function says, and remembers them.
type script struct {
	mu     sync.Mutex
	asked  []string // the action and the values of its parameters
	answer func(action string, form url.Values) (status int, body string)
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := r.URL.Query().Get("Action")
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(action+" "+form.Get("AvailabilityZone")))
	s.mu.Unlock()
	status, text := s.answer(action, form)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (s *script) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.asked))
}

// always is a script with one answer.
func always(status int, body string) *script {
	return &script{answer: func(string, url.Values) (int, string) { return status, body }}
}

func snapshotOf(t *testing.T, transport http.RoundTripper, opts ...ksyun.Option) *market.Snapshot {
	t.Helper()
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		append([]ksyun.Option{ksyun.WithHTTPTransport(transport), ksyun.WithRate(0), ksyun.WithRetries(0, 0, 0)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return market.NewSnapshot(client)
}

func simSnapshot(t *testing.T, sim *kecsim.Server, latency time.Duration) *market.Snapshot {
	t.Helper()
	return snapshotOf(t, inMemory{sim, latency}, ksyun.WithClock(sim.Now, sim.Sleep))
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// lookUps are the look-ups of a snapshot in the simulator's world, each with the answer
// in a line.
var lookUps = map[string]struct {
	ask  func(context.Context, *market.Snapshot) (string, error)
	want string
}{
	"DescribeSpotPriceHistory": {func(ctx context.Context, d *market.Snapshot) (string, error) {
		q, err := d.Price(ctx, kecsim.TypeSmall, kecsim.ZoneA)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(q.Now, " ", q.OnDemand, " ", q.Hours), nil
	}, "0.0393 0.1965 3"},
	"DescribeKecInventory": {func(ctx context.Context, d *market.Snapshot) (string, error) {
		n, err := d.Stock(ctx, kecsim.TypeSmall, kecsim.ZoneA)
		return fmt.Sprint(n), err
	}, "50"},
	"DescribeSubnets": {func(ctx context.Context, d *market.Snapshot) (string, error) {
		s, err := d.Subnet(ctx, kecsim.SubnetA)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(s.Zone, " ", s.VPCID, " ", s.CIDR, " ", *s.FreeIPs), nil
	}, kecsim.ZoneA + " " + kecsim.VPC + " 10.7.0.0/24 250"},
	"DescribeSecurityGroups": {func(ctx context.Context, d *market.Snapshot) (string, error) {
		g, err := d.SecurityGroup(ctx, kecsim.SecurityGroup)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(*g), nil
	}, "{" + kecsim.SecurityGroup + " " + kecsim.VPC + "}"},
	"DescribeImages": {func(ctx context.Context, d *market.Snapshot) (string, error) {
		i, err := d.Image(ctx, kecsim.ImageUbuntu)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(i.ID, " ", i.State), nil
	}, kecsim.ImageUbuntu + " active"},
	"DescribeInstanceTypeConfigs": {func(ctx context.Context, d *market.Snapshot) (string, error) {
		c, err := d.Type(ctx, kecsim.TypeSmall)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(c.Name, " ", c.Zones, " ", c.SoldOut), nil
	}, "N3.2B [cn-beijing-6a cn-beijing-6b cn-beijing-6c] map[]"},
}

// A snapshot of now takes over what the run has learnt in the last seconds, asks for the rest, and
// tells the run.
func TestSnapshot_recent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := kecsim.New()
		run := simSnapshot(t, sim, 0)
		stock := func(d *market.Snapshot, zone string) string {
			n, err := d.Stock(t.Context(), kecsim.TypeSmall, zone)
			return fmt.Sprint(n, " ", err, " after ", sim.Count("DescribeKecInventory"))
		}
		equal(t, "the run asks", stock(run, kecsim.ZoneA), "50 <nil> after 1")
		sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 7)
		sim.Advance(4 * time.Second)
		equal(t, "four seconds later", stock(run.Recent(5*time.Second), kecsim.ZoneA), "50 <nil> after 1")
		equal(t, "which it takes over", run.Recent(5*time.Second).Inherits(), true)
		sim.Advance(time.Second)
		recent := run.Recent(5 * time.Second)
		equal(t, "five seconds later nothing is young enough", recent.Inherits(), false)
		equal(t, "and it is asked for", stock(recent, kecsim.ZoneA), "7 <nil> after 2")
		equal(t, "once", stock(recent, kecsim.ZoneA), "7 <nil> after 2")
		equal(t, "and the run knows", stock(run, kecsim.ZoneA), "7 <nil> after 2")
		equal(t, "another zone", stock(recent, kecsim.ZoneB), "50 <nil> after 3")
		equal(t, "of which the run knows", stock(run, kecsim.ZoneB), "50 <nil> after 3")
		sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 1)
		anew := recent.Recent(0)
		equal(t, "anew", anew.Inherits(), false)
		equal(t, "anew it is asked for", stock(anew, kecsim.ZoneA), "1 <nil> after 4")
	})
}

func TestSnapshot_makesEachLookUpOnce(t *testing.T) {
	t.Parallel()
	for action, l := range lookUps {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := kecsim.New()
				d := simSnapshot(t, sim, time.Second)
				start := time.Now()
				var asking sync.WaitGroup
				for range 50 {
					asking.Go(func() {
						got, err := l.ask(t.Context(), d)
						equal(t, "answer", got+" "+fmt.Sprint(err), l.want+" <nil>")
					})
				}
				asking.Wait()
				equal(t, "time", time.Since(start), time.Second)
				got, err := l.ask(t.Context(), d) // later
				equal(t, "answer", got+" "+fmt.Sprint(err), l.want+" <nil>")
				equal(t, "time", time.Since(start), time.Second)
				equal(t, "requests", len(sim.Calls()), 1)
				equal(t, "requests of the action", sim.Count(action), 1)

				_, _ = l.ask(t.Context(), simSnapshot(t, sim, 0)) // a new snapshot has heard nothing
				equal(t, "requests of two snapshots", sim.Count(action), 2)
			})
		})
	}
}

func TestSnapshot_remembersAFailure(t *testing.T) {
	t.Parallel()
	for action, l := range lookUps {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s := always(http.StatusForbidden, `{"RequestId":"r","Error":{"Code":"PermissionDenied","Message":"lack of policy"}}`)
			d := snapshotOf(t, inMemory{Handler: s})
			for range 3 {
				_, err := l.ask(t.Context(), d)
				equal(t, "error", fmt.Sprint(err), action+": PermissionDenied: lack of policy (request id r, HTTP 403)")
				_, is := errors.AsType[*ksyun.Error](err)
				equal(t, "is a refusal", is, true)
			}
			equal(t, "requests", len(s.calls()), 1)
		})
	}
}

func TestSnapshot_asksForEachThingByItself(t *testing.T) {
	t.Parallel()
	s := &script{answer: func(_ string, form url.Values) (int, string) {
		return http.StatusOK, fmt.Sprintf(`{"InstanceCount":%d}`, len(form.Get("InstanceType"))+len(form.Get("AvailabilityZone")))
	}}
	d := snapshotOf(t, inMemory{Handler: s})
	for range 2 {
		for _, c := range []struct {
			instanceType, zone string
			want               int
		}{{"a", "z", 2}, {"a", "zz", 3}, {"aaa", "z", 4}, {"aaa", "zz", 5}} {
			n, err := d.Stock(t.Context(), c.instanceType, c.zone)
			equal(t, c.instanceType+" in "+c.zone, fmt.Sprint(n, err), fmt.Sprint(c.want, " <nil>"))
		}
	}
	equal(t, "requests", len(s.calls()), 4)
}

// Whoever asks first may leave first: the others still get their answer.
func TestSnapshot_aCallerWhoLeavesDisturbsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(http.StatusOK, `{"InstanceCount":7}`)
		d := snapshotOf(t, inMemory{s, 5 * time.Second})
		start := time.Now()
		type end struct {
			n     int
			err   error
			after time.Duration
		}
		ends := make([]end, 3)
		asks := func(ctx context.Context, i int) {
			n, err := d.Stock(ctx, "N3.2B", "z")
			ends[i] = end{n, err, time.Since(start)}
		}
		first, leave := context.WithCancel(t.Context())
		second, done := context.WithTimeout(t.Context(), 3*time.Second)
		defer done()
		var asking sync.WaitGroup
		asking.Go(func() { asks(first, 0) })
		synctest.Wait()
		asking.Go(func() { asks(second, 1) })
		asking.Go(func() { asks(t.Context(), 2) })
		time.Sleep(time.Second)
		leave()
		asking.Wait()
		for i, want := range []end{{0, context.Canceled, time.Second}, {0, context.DeadlineExceeded, 3 * time.Second}, {7, nil, 5 * time.Second}} {
			equal(t, fmt.Sprint("caller ", i), fmt.Sprint(ends[i]), fmt.Sprint(want))
		}
		equal(t, "requests", len(s.calls()), 1)
		n, err := d.Stock(t.Context(), "N3.2B", "z")
		equal(t, "afterwards", fmt.Sprint(n, err), "7 <nil>")
		equal(t, "requests", len(s.calls()), 1)
	})
}

// A look-up nobody waits for is not worth a request.
func TestSnapshot_aCallerWhoHasLeftAsksNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(http.StatusOK, `{"InstanceCount":7}`)
		d := snapshotOf(t, inMemory{Handler: s})
		gone, leave := context.WithCancel(t.Context())
		leave()
		n, err := d.Stock(gone, "N3.2B", "z")
		equal(t, "for one who has left", fmt.Sprint(n, err), fmt.Sprint(0, context.Canceled))
		synctest.Wait()
		equal(t, "requests", len(s.calls()), 0)
		n, err = d.Stock(t.Context(), "N3.2B", "z")
		equal(t, "for the next", fmt.Sprint(n, err), "7 <nil>")
		equal(t, "requests", len(s.calls()), 1)
	})
}

// A service that never answers holds nobody for more than the time limit of a look-up.
func TestSnapshot_boundsALookUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := always(http.StatusOK, `{"InstanceCount":7}`)
		d := snapshotOf(t, inMemory{s, time.Hour})
		start := time.Now()
		for range 2 { // the failure is remembered, so the second time takes no time
			_, err := d.Stock(t.Context(), "N3.2B", "z")
			equal(t, "deadline exceeded", errors.Is(err, context.DeadlineExceeded), true)
			equal(t, "time", time.Since(start), 15*time.Second)
		}
		equal(t, "requests", len(s.calls()), 0)
	})
}

type panicking struct{ tries int }

func (p *panicking) RoundTrip(*http.Request) (*http.Response, error) {
	p.tries++
	panic("the list is empty")
}

// A look-up runs in a goroutine of its own, where a panic would end the provider.
func TestSnapshot_aPanicIsAnError(t *testing.T) {
	t.Parallel()
	p := &panicking{}
	d := snapshotOf(t, p)
	for range 2 {
		q, err := d.Price(t.Context(), "N3.2B", "z")
		equal(t, "result", q == nil && err != nil && strings.Contains(err.Error(), "DescribeSpotPriceHistory: the call failed because of a bug"), true)
	}
	equal(t, "tries", p.tries, 1)
	_, err := d.Subnet(t.Context(), "s-1")
	equal(t, "another look-up", err != nil && strings.Contains(err.Error(), "DescribeSubnets: the call failed because of a bug"), true)
}

func TestSnapshot_whatTheAnswerDoesNotHold(t *testing.T) {
	t.Parallel()
	s := always(http.StatusOK, `{"SpotPrices":[],"SubnetSet":[],"SecurityGroupSet":[],"ImagesSet":[],"InstanceTypeConfigSet":[]}`)
	d := snapshotOf(t, inMemory{Handler: s})
	price, priceErr := d.Price(t.Context(), "N3.2B", "z")
	subnet, subnetErr := d.Subnet(t.Context(), "s-1")
	group, groupErr := d.SecurityGroup(t.Context(), "g-1")
	image, imageErr := d.Image(t.Context(), "IMG-1")
	config, typeErr := d.Type(t.Context(), "N3.2B")
	equal(t, "nothing is nil", price == nil && subnet == nil && group == nil && image == nil && config == nil, true)
	equal(t, "and no error", errors.Join(priceErr, subnetErr, groupErr, imageErr, typeErr), nil)
}
