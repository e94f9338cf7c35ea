package preflight_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
)

// quiet is the silence after which a plan counts as asked for. The time of these
// tests is that of a bubble: it passes only while everybody waits for it.
const quiet = time.Second

// inMemory carries requests to the simulator without a socket, because a bubble
// knows none. Its latency passes in the bubble's time.
type inMemory struct {
	sim     *kecsim.Server
	latency time.Duration
}

func (m inMemory) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	select {
	case <-time.After(m.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	defer func() {
		if p := recover(); p != nil { // the simulator closes the connection
			answer, err = nil, io.ErrUnexpectedEOF
		}
	}()
	recorder := httptest.NewRecorder()
	m.sim.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// world is one run of the provider: a check over a simulator of its own.
type world struct {
	*preflight.Check
	t     *testing.T
	sim   *kecsim.Server
	start time.Time
}

// newWorld is to be called in a bubble.
func newWorld(t *testing.T, mode preflight.Mode, latency time.Duration) *world {
	t.Helper()
	sim := kecsim.New()
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		ksyun.WithHTTPTransport(inMemory{sim, latency}), ksyun.WithClock(sim.Now, sim.Sleep), ksyun.WithRate(0), ksyun.WithRetries(0, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return &world{preflight.New(client, mode, kecsim.Region, market.NewSnapshot(client)), t, sim, time.Now()}
}

// ask is one request of the CLI: it plans one launch.
func (w *world) ask(ctx context.Context, launch market.Launch) []preflight.Finding {
	defer w.Busy()()
	return w.Plan(ctx, launch)
}

// passed checks how much time has passed since the beginning.
func (w *world) passed(want time.Duration) {
	w.t.Helper()
	equal(w.t, "time", time.Since(w.start), want)
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// told is what findings say: each as its summary, a bar, its facts.
func told(findings []preflight.Finding) string {
	lines := make([]string, len(findings))
	for i, f := range findings {
		lines[i] = f.Summary + " | " + f.Facts
	}
	return strings.Join(lines, "\n")
}

// worker is a launch that the simulator's world can serve 50 times.
func worker() market.Launch {
	return market.Launch{
		InstanceType: kecsim.TypeSmall, ImageID: kecsim.ImageUbuntu, SubnetID: kecsim.SubnetA, SecurityGroupIDs: []string{kecsim.SecurityGroup},
	}
}

// board collects what the requests of one plan report.
type board struct {
	mu       sync.Mutex
	findings []preflight.Finding
}

func (b *board) add(findings []preflight.Finding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.findings = append(b.findings, findings...)
}

// plan asks for n launches with as many requests at once as parallel says, like a CLI.
func (w *world) plan(n, parallel int, launch func(i int) market.Launch) []preflight.Finding {
	var all board
	jobs := make(chan market.Launch)
	var working sync.WaitGroup
	for range parallel {
		working.Go(func() {
			for l := range jobs {
				all.add(w.ask(w.t.Context(), l))
			}
		})
	}
	for i := range n {
		jobs <- launch(i)
	}
	close(jobs)
	working.Wait()
	return all.findings
}

func alike(int) market.Launch { return worker() }

// short is a plan for these types in turn, of each of which one can be had.
func short(w *world, types []string) func(int) market.Launch {
	for _, typ := range types {
		w.sim.SetStock(kecsim.ZoneA, typ, 1)
		w.sim.SetStock(kecsim.ZoneB, typ, 0)
		w.sim.SetStock(kecsim.ZoneC, typ, 0)
	}
	return func(i int) market.Launch {
		l := worker()
		l.InstanceType = types[i%len(types)]
		return l
	}
}
