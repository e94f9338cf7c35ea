package provider_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// process is a provider that has just been started and configured, as every command of a CLI starts
// one.
func process(b *testing.B, sim *kecsim.Server) tfprotov6.ProviderServer {
	b.Helper()
	server := provider.Server("bench", ksyun.WithHTTPTransport(sim.Transport()), ksyun.WithRate(0))()
	schema, err := server.GetProviderSchema(b.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		b.Fatal(err)
	}
	block, ok := schema.Provider.ValueType().(tftypes.Object)
	if !ok {
		b.Fatal("the provider block is no object")
	}
	values := map[string]tftypes.Value{}
	for name, of := range block.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	for name, text := range map[string]string{"region": kecsim.Region, "access_key": kecsim.AccessKey, "secret_key": kecsim.SecretKey} {
		values[name] = tftypes.NewValue(tftypes.String, text)
	}
	config, err := tfprotov6.NewDynamicValue(block, tftypes.NewValue(block, values))
	if err != nil {
		b.Fatal(err)
	}
	resp, err := server.ConfigureProvider(b.Context(), &tfprotov6.ConfigureProviderRequest{Config: &config, TerraformVersion: "1.12.0"})
	if err != nil || len(resp.Diagnostics) > 0 {
		b.Fatal(err, resp)
	}
	return server
}

// read refreshes one machine, of which the state needs no more than an import has put there.
func read(ctx context.Context, server tfprotov6.ProviderServer, state *tfprotov6.ImportedResource) error {
	resp, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: state.TypeName, CurrentState: state.State, Private: state.Private, CurrentIdentity: state.Identity,
	})
	if err != nil {
		return err
	}
	for _, d := range resp.Diagnostics {
		err = errors.Join(err, errors.New(d.Summary+": "+d.Detail))
	}
	return err
}

// A refresh as a CLI asks for it, ten machines at a time and by a process that knows nothing yet,
// against a simulator that takes no time: what is left is the provider's own work and, in the same
// process, the simulator's.
func BenchmarkRefresh(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			sim := kecsim.New()
			states := make([]*tfprotov6.ImportedResource, n)
			importer := process(b, sim)
			for i := range states {
				id := sim.AddInstance(kecsim.Instance{ChargeType: "Spot", Name: fmt.Sprintf("worker-%d", i), Tags: map[string]string{"fleet": "bench"}})
				resp, err := importer.ImportResourceState(b.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: "kec_spot_instance", ID: id})
				if err != nil || len(resp.ImportedResources) != 1 {
					b.Fatal(err, resp)
				}
				states[i] = resp.ImportedResources[0]
			}
			asked := requests(sim)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				server := process(b, sim)
				b.StartTimer()
				var all sync.WaitGroup
				turn := make(chan struct{}, 10)
				for _, state := range states {
					turn <- struct{}{}
					all.Go(func() {
						defer func() { <-turn }()
						if err := read(b.Context(), server, state); err != nil {
							b.Error(err)
						}
					})
				}
				all.Wait()
			}
			b.ReportMetric(float64(requests(sim)-asked)/float64(b.N), "requests/op")
		})
	}
}

// requests is how often the simulator has been asked for machines and their tags.
func requests(sim *kecsim.Server) int {
	return sim.Count("DescribeInstances") + sim.Count("ListTagsByResourceIds")
}
