package chaos

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// twin sends each plan request to the framework's own server too, which is configured alike.
type twin struct {
	tfprotov6.ProviderServer

	framework tfprotov6.ProviderServer
	core      *core
	plans     *plans
}

// plans counts what was compared, and keeps the first difference.
type plans struct {
	all, unchanged atomic.Int64
	mu             sync.Mutex
	difference     string
}

func (t *twin) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	if _, err := t.framework.ConfigureProvider(ctx, req); err != nil {
		return nil, err
	}
	return t.ProviderServer.ConfigureProvider(ctx, req)
}

func (t *twin) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	got, err := t.ProviderServer.PlanResourceChange(ctx, req)
	if err != nil {
		return nil, err
	}
	want, err := t.framework.PlanResourceChange(ctx, req)
	if err != nil {
		return nil, err
	}
	t.plans.all.Add(1)
	if bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack) {
		t.plans.unchanged.Add(1)
	}
	if a, b := t.described(got), t.described(want); !reflect.DeepEqual(a, b) {
		t.plans.mu.Lock()
		defer t.plans.mu.Unlock()
		if t.plans.difference == "" {
			t.plans.difference = fmt.Sprintf("answered\n%v\nwant\n%v", a, b)
		}
	}
	return got, nil
}

// remaining is a time that is left, which the two read one after the other.
var remaining = regexp.MustCompile(`less than a minute|\d+ minutes?`)

// described is all that an answer holds, comparable.
func (t *twin) described(r *tfprotov6.PlanResourceChangeResponse) []any {
	var said []string
	for _, d := range r.Diagnostics {
		said = append(said, fmt.Sprint(d.Severity, remaining.ReplaceAllString(d.Summary, "")), remaining.ReplaceAllString(d.Detail, ""), d.Attribute.String())
	}
	return []any{
		t.core.read(r.PlannedState).String(), string(r.PlannedPrivate), r.PlannedIdentity != nil, fmt.Sprint(r.RequiresReplace), said,
		r.Deferred, r.UnsafeToUseLegacyTypeSystem, t.identity(r.PlannedIdentity), //nolint:staticcheck // the framework may set it all the same
	}
}

func (t *twin) identity(d *tfprotov6.ResourceIdentityData) string {
	if d == nil || d.IdentityData == nil {
		return ""
	}
	v, err := d.IdentityData.Unmarshal(t.core.identity)
	return fmt.Sprint(v, err)
}

// The server plans an unchanged instance without the framework; in whole histories, each of its
// answers is the framework's. The clock is right in them: the two ask KEC for the time one after
// the other, and only one of them may get an answer.
func TestPlans_areAsTheFrameworkMakesThem(t *testing.T) {
	t.Parallel()
	withoutRace(t)
	var next atomic.Uint64
	var all sync.WaitGroup
	counted := &plans{}
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := next.Add(1); seed <= 24; seed = next.Add(1) {
				if seed%4 == 1 {
					continue
				}
				synctest.Test(t, func(t *testing.T) {
					if err := compared(seed, counted); err != nil {
						t.Errorf("seed %d: %v", seed, err)
					}
				})
			}
		})
	}
	all.Wait()
	t.Logf("%d plans, %d of them of what does not change", counted.all.Load(), counted.unchanged.Load())
	if counted.difference != "" {
		t.Error(counted.difference)
	}
	if counted.unchanged.Load() < 20 {
		t.Errorf("only %d plans of %d are of what does not change", counted.unchanged.Load(), counted.all.Load())
	}
}

func compared(seed uint64, counted *plans) error {
	h, err := begin(seed)
	if err != nil {
		return err
	}
	defer func() { h.link.sever() }()
	h.core.wrap = func(s tfprotov6.ProviderServer) tfprotov6.ProviderServer {
		framework := providerserver.NewProtocol6(provider.New("test", ksyun.WithSeed(seed), ksyun.WithHTTPTransport(h.link))())()
		return &twin{s, framework, h.core, counted}
	}
	for i, op := range generate(seed, 20) {
		if err := h.step(op); err != nil {
			return fmt.Errorf("after step %d, %s: %w", i+1, op, err)
		}
		if err := h.command(h.planAgain); err != nil {
			return err
		}
	}
	return h.end()
}

// planAgain plans what is there as it is, and as if the state held the opposite of each default.
func (h *history) planAgain(ctx context.Context) {
	for _, address := range h.core.addresses() {
		e := h.core.entry(address)
		h.core.plan(ctx, address, h.wanted[address])
		for _, name := range []string{"keep_image_login", "auto_delete_eip", "deletion_protection"} {
			var all map[string]tftypes.Value
			var set bool
			if e.value.As(&all) != nil || all[name].As(&set) != nil {
				continue
			}
			all = maps.Clone(all) // As gives out the value's own map
			all[name] = tftypes.NewValue(tftypes.Bool, !set)
			h.core.put(address, &entry{tftypes.NewValue(h.core.resource, all), e.private, e.identity, e.tainted})
			h.core.plan(ctx, address, h.wanted[address])
		}
		h.core.put(address, e)
	}
}
