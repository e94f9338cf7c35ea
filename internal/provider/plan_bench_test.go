package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// A plan of one instance that does not change, by the server and by the framework alone.
func BenchmarkPlanUnchanged(b *testing.B) {
	p := newPlanner(b, nil)
	req := p.request(b, drawn(0))
	for seed := uint64(1); !p.alone(b.Context(), req); seed++ {
		req = p.request(b, drawn(seed))
	}
	for name, server := range map[string]tfprotov6.ProviderServer{"server": p, "framework": p.allServers} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := server.PlanResourceChange(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
