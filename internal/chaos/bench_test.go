package chaos

import (
	"context"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// running is a process of the provider with one instance in its state, on the simulator's clock and
// as fast as it can be.
func running(b *testing.B) (*core, *entry) {
	b.Helper()
	sim := kecsim.New()
	c, err := newCore(account("off"), func() []ksyun.Option {
		return []ksyun.Option{ksyun.WithHTTPTransport(sim.Transport()), ksyun.WithClock(sim.Now, sim.Sleep), ksyun.WithRate(0)}
	})
	if err == nil {
		err = c.start(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	c.apply(b.Context(), "one", c.plan(b.Context(), "one", configured(0, 16)))
	e := c.entry("one")
	if e == nil || e.tainted {
		b.Fatal(c.complaints())
	}
	return c, e
}

// What the provider does for one instance in a plan that changes nothing, request by request: the
// values decoded, the work, the values encoded. The simulator's part is in the read.
func BenchmarkProvider(b *testing.B) {
	c, e := running(b)
	config := object(c.resource, configured(0, 16))
	given, prior, proposed := c.dynamic(config), c.dynamic(e.value), c.dynamic(c.propose(config, e.value))
	stored := &tfprotov6.RawState{JSON: asJSON(b, e.value)}
	ctx := context.Background()
	for _, request := range []struct {
		name string
		send func() ([]*tfprotov6.Diagnostic, error)
	}{
		{"validate", func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := c.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: resourceType, Config: given,
				ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
			})
			return resp.Diagnostics, err
		}},
		{"upgrade", func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := c.server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: resourceType, RawState: stored})
			return resp.Diagnostics, err
		}},
		{"read", func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := c.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
				TypeName: resourceType, CurrentState: prior, Private: e.private, CurrentIdentity: e.identity,
			})
			return resp.Diagnostics, err
		}},
		{"plan", func() ([]*tfprotov6.Diagnostic, error) {
			resp, err := c.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: resourceType, PriorState: prior, ProposedNewState: proposed, Config: given, PriorPrivate: e.private, PriorIdentity: e.identity,
			})
			return resp.Diagnostics, err
		}},
	} {
		b.Run(request.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if said, err := request.send(); err != nil || len(said) > 0 {
					b.Fatal(err, said)
				}
			}
		})
	}
}

// asJSON is a value as a state file holds it.
func asJSON(b testing.TB, v tftypes.Value) []byte {
	b.Helper()
	raw, err := json.Marshal(plain(v))
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

func plain(v tftypes.Value) any {
	var text string
	var number big.Float
	var truth bool
	var list []tftypes.Value
	var object map[string]tftypes.Value
	switch {
	case v.IsNull():
		return nil
	case v.As(&text) == nil:
		return text
	case v.As(&number) == nil:
		return json.Number(number.Text('f', -1))
	case v.As(&truth) == nil:
		return truth
	case v.As(&list) == nil:
		all := []any{}
		for _, element := range list {
			all = append(all, plain(element))
		}
		return all
	case v.As(&object) == nil:
		all := map[string]any{}
		for name, element := range object {
			all[name] = plain(element)
		}
		return all
	}
	return nil
}
