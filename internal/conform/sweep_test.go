package conform

import (
	"slices"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// Only what bears the mark of a run is ended, in whatever project and state, be it protected. The
// machines of users stay, and so do those that only look like ours.
func TestSweep_endsWhatRunsHaveLeftAndNothingElse(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	const mark, users = "conform-0123456789abcdef01234567", "0123456789abcdef0123456789abcdef"
	tagged := func(value string) map[string]string { return map[string]string{machines.LaunchTagKey: value} }
	ours := []string{
		sim.AddInstance(kecsim.Instance{Name: "kec-conform-0123456789abcdef01234567", Tags: tagged(mark)}),
		sim.AddInstance(kecsim.Instance{Name: "renamed", Tags: tagged(mark), Protected: true, ProjectID: kecsim.ProjectB}),
		sim.AddInstance(kecsim.Instance{Name: "kec-conform-fedcba9876543210fedcba98"}), // its tags are lost
		sim.AddInstance(kecsim.Instance{Name: "renamed", Tags: tagged(mark), State: "stopped"}),
		sim.AddInstance(kecsim.Instance{Name: "renamed", Tags: tagged(mark), ChargeType: "HourlyInstantSettlement"}),
	}
	others := []string{
		sim.AddInstance(kecsim.Instance{Name: "web", Tags: tagged(users)}),
		sim.AddInstance(kecsim.Instance{Name: "kec-conform-0123456789abcdef01234567", Tags: tagged(users)}),
		sim.AddInstance(kecsim.Instance{Name: "kec-conform-test"}),
		sim.AddInstance(kecsim.Instance{Name: "web", Tags: tagged("conform-mine")}),
		sim.AddInstance(kecsim.Instance{Name: "web", Tags: map[string]string{"owner": mark}}),
	}
	gone, err := Sweep(t.Context(), against(t, sim, sim))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(gone)
	slices.Sort(ours)
	if !slices.Equal(gone, ours) {
		t.Errorf("swept\n got %v\nwant %v", gone, ours)
	}
	var left []string
	for _, in := range sim.Instances() {
		left = append(left, in.ID)
	}
	slices.Sort(left)
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("left\n got %v\nwant %v", left, others)
	}
}
