package chaos

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// A launch of a fleet gets no answer, no look-up finds what it has brought, and the user
// interrupts. The message names the mark by which the machines can be found, and the next apply
// takes them in.
func TestFleetInterrupt_namesALaunchWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		h, err := beginFleets(1)
		must(t, err)
		defer func() { h.link.sever() }()
		h.core.config = account("off")
		h.want("fleet-0", operation{B: 3, C: 1})
		must(t, h.command(func(ctx context.Context) { h.run(ctx, "fleet-0", true) }))
		if got := len(h.fleetMembers("fleet-0")); got != 3 {
			t.Fatalf("%d members, want 3: %s", got, h.core.complaints())
		}

		h.core.deaf()
		h.want("fleet-0", operation{B: 5, C: 1})
		h.sim.Lag(kecsim.LookList, 1, time.Minute)
		h.sim.Lag(kecsim.LookTags, 1, time.Minute)
		h.sim.FailNext("RunInstances", kecsim.AnswerLost, 1)
		calls := len(h.sim.Calls())
		must(t, h.cut("fleet-0", true, 8*time.Second, false))
		marks := marksOf(h.sim.Calls()[calls:])
		if len(marks) != 1 {
			t.Fatalf("%d launches, want 1", len(marks))
		}
		said := strings.Join(h.core.said, "\n")
		for _, want := range []string{
			marks[0], machines.LaunchTagKey, "Interrupted: the fleet is not complete", "has 3 of 5 machines; what its last launch has brought is not known",
		} {
			if !strings.Contains(said, want) {
				t.Errorf("missing: %s, in\n%s", want, said)
			}
		}
		if strings.Contains(said, "all that were ordered are in the state") {
			t.Errorf("it is not known what was ordered, in\n%s", said)
		}

		h.calm()
		time.Sleep(3 * time.Minute)
		h.core.deaf()
		must(t, h.command(func(ctx context.Context) { h.run(ctx, "fleet-0", true) }))
		if got, launches := len(h.fleetMembers("fleet-0")), h.sim.Count("RunInstances"); got != 5 || launches != 2 {
			t.Errorf("%d members after %d launches, want 5 after 2: %s", got, launches, h.core.complaints())
		}
	})
}
