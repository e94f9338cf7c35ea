package spotinstance

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

func BenchmarkEncode(b *testing.B) {
	m := dice{rand.New(rand.NewPCG(1, 0))}.model(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		if q, err := m.params().Encode(); err != nil || len(q) == 0 {
			b.Fatal(q, err)
		}
	}
}

func BenchmarkChanged(b *testing.B) {
	m := dice{rand.New(rand.NewPCG(1, 0))}.model(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		if changed := m.params().Changed(m.params()); len(changed) > 0 {
			b.Fatal(changed)
		}
	}
}

func BenchmarkRefresh(b *testing.B) {
	in := reported()
	b.ReportAllocs()
	for b.Loop() {
		var m model
		m.refresh(wizard.NewImport(in))
	}
}
