package acctest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// An accepted launch may end in a state of error, vanish, or never appear.
var endings = []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible}

func TestAccCauses_afterAcceptanceWithAReason(t *testing.T) {
	t.Parallel()
	for i, c := range causes {
		for j, reason := range c.reasons {
			ending := endings[(i+j)%len(endings)]
			t.Run(c.name()+" "+ending+" "+reason, func(t *testing.T) {
				t.Parallel()
				env, w := c.world(t, "off")
				env.Sim.Update(func(s *kecsim.Settings) { s.AsyncChecks, s.CauseFields = true, true })
				env.Sim.FailLaunches(1, ending, reason)
				got := w.Apply().Want(t, 1, c.refused.facts, c.refused.remedy, "Code: "+c.code, fmt.Sprintf("KEC: %q", reason),
					"KEC accepted the launch of instance", "Nothing is left of instance")
				if c.code == "LaunchFailed" {
					got.Want(t, 1, "Error: "+c.refused.summary)
				} else {
					got.Want(t, 1, "Error: Spot launch failed: "+headline(c.refused.summary))
				}
				if ending != kecsim.ModeError {
					got.Want(t, 1, "Code: "+c.code+" (billing)", "QueryInstances")
				}
				c.pointsAt(t, got)
				nothingLeft(t, env, w)
			})
		}
	}
}

func TestAccCauses_afterAcceptanceWithoutAReason(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		if !c.likely && c.code != "ExcessiveNumber" { // which nothing shows
			continue
		}
		for _, ending := range endings {
			t.Run(c.name()+" "+ending, func(t *testing.T) {
				t.Parallel()
				want := c
				env, w := c.world(t, "off")
				env.Decides(t, "CauseFields", "the reason that KEC gives is told, in place of one that is concluded")
				env.Sim.Update(func(s *kecsim.Settings) { s.AsyncChecks, s.FailureMode = true, ending })
				got := w.Apply().Want(t, 1, "Its billing record says: failed to open (status 3).", "KEC: no reason given, RunInstances, request KEC-",
					"Nothing is left of instance")
				if c.likely {
					got.Want(t, 1, "Error: Spot launch failed, likely cause: "+headline(c.refused.summary), c.refused.facts, c.refused.remedy,
						"Code: "+c.code+" (inferred)", "KEC gave no reason; this is concluded from what it offers now.")
				} else {
					want.line = ""
					got.Want(t, 1, "Error: KEC accepted the launch, but the instance did not start", "Code: LaunchFailed",
						"Apply again; if it fails again, try another instance_type or image_id, or ask KEC support with the ids below.").Lacks(t, "inferred")
				}
				want.pointsAt(t, got)
				nothingLeft(t, env, w)
			})
		}
	}
}

// headline is a summary inside another one, without its numbers.
func headline(summary string) string {
	summary, _, _ = strings.Cut(summary, ":")
	if strings.HasPrefix(summary, "KEC") {
		return summary
	}
	return strings.ToLower(summary[:1]) + summary[1:]
}
