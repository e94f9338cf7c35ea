package acctest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// account is a simulated account and a client of it, on the clock of a bubble.
type account struct {
	sim      *kecsim.Server
	client   *kec.Client
	machines *machines.Client
	ids      []string
}

// parallelism is a CLI's.
const parallelism = 10

// newAccount holds n Spot Instances with a tag. A request takes 50 ms.
func newAccount(t *testing.T, n int, wrap func(http.RoundTripper) http.RoundTripper) *account {
	t.Helper()
	a := &account{sim: kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))}
	a.sim.SetQuota(2 * n)
	a.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 2*n)
	a.sim.SetSubnetFree(kecsim.SubnetA, 2*n)
	for i := range n {
		a.ids = append(a.ids, a.sim.AddInstance(kecsim.Instance{ChargeType: "Spot", Tags: map[string]string{"number": fmt.Sprint(i)}}))
	}
	transport := a.sim.Transport(kecsim.WithLatency(50 * time.Millisecond))
	if wrap != nil {
		transport = wrap(transport)
	}
	var err error
	a.client, err = kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey}, ksyun.WithHTTPTransport(transport), ksyun.WithSeed(1))
	if err != nil {
		t.Fatal(err)
	}
	a.machines = machines.New(a.client)
	return a
}

// refresh reads instances and their tags, ten at a time, and returns how long that took.
func (a *account) refresh(t *testing.T, ids []string, project func(i int) *int64) time.Duration {
	t.Helper()
	start := time.Now()
	turn := make(chan struct{}, parallelism)
	var all sync.WaitGroup
	for i, id := range ids {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			var within *int64
			if project != nil {
				within = project(i)
			}
			in, err := a.machines.Refresh(t.Context(), id, within)
			if err != nil || in.ID != id {
				t.Errorf("instance %s: %v, %v", id, in, err)
				return
			}
			truth, _ := a.sim.Instance(id)
			tags, err := a.machines.RefreshTags(t.Context(), id)
			if err != nil || len(tags) != 1 || tags["number"] != truth.Tags["number"] {
				t.Errorf("tags of %s: %v, %v; want %v", id, tags, err, truth.Tags)
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// sent are the instance and tag requests since the last call of it.
func (a *account) sent() string {
	n := map[string]int{}
	for _, c := range a.sim.Calls() {
		n[c.Action]++
	}
	return fmt.Sprintf("%d instances, %d tags", n["DescribeInstances"], n["ListTagsByResourceIds"])
}

func bubble(t *testing.T, story func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		story(t)
		time.Sleep(time.Hour) // what is still under way must end
	})
}

// What a refresh costs: by id for a few, and a list for more, but not where the account is much
// larger than the state.
func TestSharing_refresh(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		read, account int
		want          string
		within        time.Duration
	}{
		{1, 1, "1 instances, 1 tags", 150 * time.Millisecond},
		{10, 10, "1 instances, 1 tags", 200 * time.Millisecond},
		{12, 20_000, "3 instances, 2 tags", 400 * time.Millisecond},
		{100, 100, "1 instances, 1 tags", 200 * time.Millisecond},
		{100, 5000, "9 instances, 4 tags", 1500 * time.Millisecond},
		{1000, 1000, "2 instances, 10 tags", time.Second},
		{2500, 2500, "5 instances, 26 tags", 2 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.read, c.account), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				a := newAccount(t, c.account, nil)
				took := a.refresh(t, a.ids[:c.read], nil)
				if got := a.sent(); got != c.want || took > c.within {
					t.Errorf("%s in %s, want %s within %s", got, took, c.want, c.within)
				}
			})
		})
	}
}

// hook does something before a request is sent.
type hook struct {
	http.RoundTripper
	before func(*http.Request, url.Values)
}

func (h hook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	form.Set("Action", r.URL.Query().Get("Action"))
	h.before(r, form)
	return h.RoundTripper.RoundTrip(r)
}

// Instances come and go while pages are read, and the others move from page to page: none is lost
// by it.
func TestSharing_pagesThatShift(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		times int
		want  string
	}{
		{"once", 1, "4 instances, 12 tags"}, // 200 and 1000, then 1000 and 199
		{"for ever", 100, "5 instances, 12 tags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				var a *account
				released := 0
				a = newAccount(t, 1200, func(next http.RoundTripper) http.RoundTripper {
					return hook{next, func(_ *http.Request, form url.Values) {
						if form.Get("Action") == "DescribeInstances" && form.Get("Marker") != "0" && released < c.times {
							a.sim.Release(a.ids[released])
							released++
						}
					}}
				})
				time.Sleep(2 * time.Hour) // the protected hour
				a.refresh(t, a.ids[100:], nil)
				if got := a.sent(); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}

// A machine that goes between the list and its read is shown as the list has it; when the list is
// too old, its absence is proven.
func TestSharing_goneAfterTheList(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 50, nil)
		a.refresh(t, a.ids[:20], nil)
		a.sim.Edit(a.ids[30], func(in *kecsim.Instance) { in.Visible = false })
		if in, err := a.machines.Refresh(t.Context(), a.ids[30], nil); err != nil || in.ID != a.ids[30] {
			t.Errorf("from the list: %v, %v", in, err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := a.machines.Refresh(t.Context(), a.ids[30], nil); !errors.Is(err, machines.ErrGone) {
			t.Errorf("later: %v", err)
		}
	})
}

// What a list does not hold is looked up by id, and only two of these look-ups, a second apart,
// prove an absence.
func TestSharing_aMissIsNoAbsence(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 50, nil)
		a.refresh(t, a.ids, nil)
		before := a.sim.Count("DescribeInstances")
		late := a.sim.AddInstance(kecsim.Instance{ChargeType: "Spot"})
		if in, err := a.machines.Refresh(t.Context(), late, nil); err != nil || in.ID != late {
			t.Errorf("one that came later: %v, %v", in, err)
		}
		if n := a.sim.Count("DescribeInstances") - before; n != 1 {
			t.Errorf("%d look-ups, want 1", n)
		}
		start := time.Now()
		var all sync.WaitGroup
		for i := range 150 {
			all.Go(func() {
				if _, err := a.machines.Refresh(t.Context(), fmt.Sprintf("never-%d", i), nil); !errors.Is(err, machines.ErrGone) {
					t.Errorf("never-%d: %v", i, err)
				}
			})
		}
		all.Wait()
		if n := a.sim.Count("DescribeInstances") - before; n != 9 || time.Since(start) < time.Second {
			t.Errorf("%d look-ups in %s, want 1, twice 2 by id and twice 2 in all projects", n, time.Since(start))
		}
	})
}

// A read that begins after one of our own changes sees it.
func TestSharing_ourOwnChanges(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 50, nil)
		a.refresh(t, a.ids, nil)
		id := a.ids[7]
		name := "renamed"
		if err := a.client.ModifyInstanceAttribute(t.Context(), id, kec.InstanceAttributes{Name: &name}); err != nil {
			t.Fatal(err)
		}
		if in, err := a.machines.Refresh(t.Context(), id, nil); err != nil || in.Name != name {
			t.Errorf("%v, %v, want %s", in, err, name)
		}
		if err := a.machines.SetTags(t.Context(), id, nil, map[string]string{"number": "new"}); err != nil {
			t.Fatal(err)
		}
		if tags, err := a.machines.RefreshTags(t.Context(), id); err != nil || tags["number"] != "new" {
			t.Errorf("%v, %v", tags, err)
		}
	})
}

// A list without projects shows the default one only: it covers those of the instances that are
// read.
func TestSharing_projects(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 60, nil)
		for i, id := range a.ids {
			if i%2 == 1 {
				a.sim.Edit(id, func(in *kecsim.Instance) { in.ProjectID = kecsim.ProjectB })
			}
		}
		project := kecsim.ProjectB
		a.refresh(t, a.ids, func(i int) *int64 {
			if i%2 == 1 {
				return &project
			}
			return nil
		})
		if got := a.sent(); got != "1 instances, 1 tags" {
			t.Error(got)
		}
	})
}
