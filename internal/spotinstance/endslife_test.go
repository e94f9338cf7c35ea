package spotinstance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// A launch that comes to nothing is cleaned up, and what cannot be ended stays in the state,
// without its protection.
func TestInstance_launchFails(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible} {
		for _, locked := range []bool{false, true} {
			if locked && mode != kecsim.ModeError {
				continue
			}
			t.Run(fmt.Sprint(mode, " ", locked), func(t *testing.T) {
				t.Parallel()
				tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
					sim.FailLaunches(1, mode, "")
					if locked {
						sim.RefuseTerminate(firstID, "locked by the operator")
					}
					if got := l.Apply(t, worker(settings{"deletion_protection": true})); got != "" || len(l.Said) != 1 {
						t.Errorf("it does %q and says %v", got, l.Said)
					}
					if !locked {
						says(t, l, "Nothing is left of instance "+firstID+", at KEC or in the state.")
						none(t, sim, l)
						return
					}
					says(t, l, "Cleaning up failed too: ", "locked by the operator", "Instance "+firstID+" stays in the state; the next apply or destroy deletes it.")
					if l.State()["id"] != firstID || l.State()["deletion_protection"] != false {
						t.Errorf("the state holds %v", l.State())
					}
					sim.RefuseTerminate(firstID, "")
					if got := l.Apply(t, nil); got != "delete" {
						t.Errorf("it does %q and says %v", got, l.Said)
					}
					none(t, sim, l)
				})
			})
		}
	}
}

// A billing record that says that a machine lives keeps it in the state, though no look-up shows
// it.
func TestInstance_aRecordContradicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode   string
		status int
		stays  bool
	}{
		{kecsim.ModeInvisible, kec.BillingOpened, true}, {kecsim.ModeInvisible, kec.BillingCreating, true}, {kecsim.ModeInvisible, kec.BillingFailed, false},
		{kecsim.ModeError, kec.BillingOpened, false},
	} {
		t.Run(fmt.Sprintf("%s %d", c.mode, c.status), func(t *testing.T) {
			t.Parallel()
			tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				sim.FailLaunches(1, c.mode, "")
				for at := range 40 {
					sim.After(time.Duration(at)*15*time.Second+time.Second, func() {
						if _, known := sim.BillingStatus(firstID); known {
							sim.SetBillingStatus(firstID, c.status)
						}
					})
				}
				if got := l.Apply(t, worker(settings{"deletion_protection": true})); got != "" || (l.State() != nil) != c.stays {
					t.Errorf("it does %q and says %v; the state holds %v", got, l.Said, l.State())
				}
				if c.stays {
					says(t, l, "KEC does not show instance "+firstID+", but its billing record says: ", "It may come to life, and be charged. So it stays in the state. If it runs, terraform untaint")
				}
			})
		})
	}
}

// A deadline that is over before the machine runs: it is in the state, and the message says so.
func TestInstance_late(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.Update(func(s *kecsim.Settings) { s.Boot = 5 * time.Minute })
		slow := worker(settings{"timeouts": settings{"create": "1m"}, "deletion_protection": true})
		if got := l.Apply(t, slow); got != "" || l.State()["id"] != firstID || l.State()["deletion_protection"] != false {
			t.Errorf("it does %q and says %v; the state holds %v", got, l.Said, l.State())
		}
		says(t, l, "Instance "+firstID+" was launched and is in the state. If it runs, terraform untaint (or tofu untaint) with its address keeps it; "+
			"without that the next apply replaces it, and destroy deletes it.", "KEC accepted the launch in request ")
		if n := sim.Count("RunInstances"); n != 1 {
			t.Errorf("%d launches", n)
		}
	})
}

// A launch that KEC refuses leaves nothing, and the next apply orders anew.
func TestInstance_refused(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.FailNext("RunInstances", kecsim.Fault{Status: 400, Code: "ProductSellOutInvalid", Message: "sold out"}, 1)
		if got := l.Apply(t, worker()); got != "" || l.State() != nil {
			t.Errorf("it does %q, and the state holds %v", got, l.State())
		}
		says(t, l, "ERROR Out of stock | ")
		l.Did(t, l.Apply(t, worker()), "create")
		owns(t, sim, l, "active")
	})
}

// Should KEC open more machines than one, the state holds one of them and the message names all.
func TestInstance_moreThanOne(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		var ids []string
		for range 2 {
			ids = append(ids, sim.AddInstance(kecsim.Instance{Name: "one", ChargeType: "Spot", Type: kecsim.TypeSmall, SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu}))
		}
		sim.FailNext("RunInstances", kecsim.Fault{Status: 200, Body: fmt.Sprintf(
			`{"RequestId":"KEC-9","InstancesSet":[{"InstanceId":%q},{"InstanceId":%q}]}`, ids[0], ids[1])}, 1)
		if got := l.Apply(t, worker()); got != "" || l.State()["id"] != ids[0] {
			t.Errorf("it does %q, and the state holds %v", got, l.State())
		}
		says(t, l, "ERROR KEC opened more instances than the one ordered | ", ids[0]+", "+ids[1], "The state holds "+ids[0]+"; import or delete the others.")
	})
}

// What goes on being charged when a machine ends is told by its plan, and by its refresh where it
// has gone by itself.
func TestInstance_outlives(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		eip := settings{"eip": settings{"line_id": "l-1", "bandwidth_mbps": 5, "charge_type": "Daily"}}
		l.Did(t, l.Apply(t, worker(keptDisk(), eip)), "create")
		in := owns(t, sim, l, "active")
		time.Sleep(2 * time.Hour)
		disk := title + " goes. Its data disks with delete_with_instance = false stay, outside the state, and go on being charged: " + in.DataDisks[0].ID + ". Attach or delete them in the console."
		address := "Its public address " + in.PublicIP + " may stay in the account, outside the state, and go on being charged. Look for it on the console's EIP page, and release it there if it is not wanted."
		does, _ := l.Plan(t, nil)
		l.Did(t, does, "delete", "WARNING A data disk outlives this spot instance | "+disk, "WARNING The public address may outlive this spot instance | "+title+" goes. "+address)
		does, _ = l.Plan(t, worker(keptDisk(), eip, settings{"image_id": kecsim.ImageCustom}))
		l.Did(t, does, "replace", "WARNING A data disk outlives this spot instance | "+disk, "WARNING The public address may outlive this spot instance | ")

		sim.Reclaim(firstID)
		does, _ = l.Plan(t, worker(keptDisk(), eip))
		l.Did(t, does, "nothing", "WARNING KEC will release this spot instance in 10 minutes | "+title+" is being reclaimed at ")
		says(t, l, "Data on disks that go with it will be lost.\n\nMove its work now; the next apply after the release orders a replacement.")
		time.Sleep(15 * time.Minute)
		does, _ = l.Plan(t, worker(keptDisk(), eip))
		l.Did(t, does, "create", "WARNING KEC has released this spot instance | ")
		says(t, l, "\n\n"+disk[len(title+" goes. "):], "\n\n"+address)
	})
}

// A machine that is gone is told with what is known of its end, and ordered anew.
func TestInstance_gone(t *testing.T) {
	t.Parallel()
	const next = "\n\nThe next apply orders a replacement."
	for name, c := range map[string]struct {
		more settings
		end  func(sim *kecsim.Server)
		says string
	}{
		"announced": {nil, func(sim *kecsim.Server) { sim.Reclaim(firstID) }, "WARNING KEC has released this spot instance | " + title + " is gone: KEC had announced to reclaim it at "},
		"by itself": {nil, nil, "WARNING This spot instance is gone | " + title + " no longer exists. KEC has released it since the last refresh (when the market price rises above the limit or stock runs short), " +
			"or somebody has deleted it." + next},
		"at its time": {settings{"auto_delete_time": "2000-01-01T04:00:00Z"}, nil,
			"WARNING This spot instance is gone | " + title + " no longer exists; auto_delete_time asked KEC to delete it at 2000-01-01T04:00:00Z." + next},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				l.Did(t, l.Apply(t, worker(c.more)), "create")
				time.Sleep(3 * time.Hour)
				if c.end != nil {
					c.end(sim)
					if does, _ := l.Plan(t, worker(c.more)); does != "nothing" {
						t.Errorf("it does %q and says %v", does, l.Said)
					}
				}
				sim.Release(firstID)
				time.Sleep(10 * time.Minute)
				does, _ := l.Plan(t, worker())
				l.Did(t, does, "create", c.says)
				l.Did(t, l.Apply(t, worker()), "create")
				if len(sim.Instances()) != 1 || sim.Count("RunInstances") != 2 {
					t.Errorf("%d machines after %d launches", len(sim.Instances()), sim.Count("RunInstances"))
				}
			})
		})
	}
}

// A launch of the last two minutes that KEC does not show stays in the state, to the second.
func TestInstance_hidden(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		launched := time.Now()
		l.Did(t, l.Apply(t, worker()), "create")
		sim.Release(firstID)
		time.Sleep(10 * time.Second)
		does, _ := l.Plan(t, worker())
		l.Did(t, does, "nothing", "WARNING KEC does not show this new spot instance yet | "+title+" was launched in the last minutes. It stays in the state as it is.")
		time.Sleep(time.Until(launched.Add(150 * time.Second)))
		does, _ = l.Plan(t, worker())
		l.Did(t, does, "create", "WARNING This spot instance is gone | ")
	})
}

// A protected machine is not replaced, and its end is for KEC to refuse.
func TestInstance_protected(t *testing.T) {
	t.Parallel()
	const summary = "This spot instance is protected against deletion | "
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		protected := settings{"deletion_protection": true}
		l.Did(t, l.Apply(t, worker(protected)), "create")
		time.Sleep(2 * time.Hour)
		does, _ := l.Plan(t, worker(protected, settings{"image_id": kecsim.ImageCustom, "subnet_id": kecsim.SubnetB}))
		l.Did(t, does, "", "ERROR "+summary+title+" has deletion_protection = true, so KEC does not delete it. It is replaced because of image_id, subnet_id.\n\n"+
			"Set deletion_protection = false and apply that alone, then try again.")
		if got := l.Apply(t, nil); got != "" || len(l.Said) != 2 {
			t.Errorf("it does %q and says %v", got, l.Said)
		}
		says(t, l, "WARNING "+summary+title+" has deletion_protection = true, and KEC refuses to delete it as long as that holds there.", title+" stays in the state.")
		owns(t, sim, l, "active")
		sim.Edit(firstID, func(in *kecsim.Instance) { in.Protected = false })
		l.Did(t, l.Apply(t, nil), "delete", "WARNING "+summary)
		none(t, sim, l)
	})
}

// An import reads all that KEC reports and takes the rest from the configuration, and touches
// nothing.
func TestInstance_imported(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		all := worker(settings{"iam_role_name": "reader", "deletion_protection": true, "tags": settings{"env": "prod"}})
		l.Did(t, l.Apply(t, all), "create")
		l.Forget()
		for id, want := range map[string]string{
			"no-such-machine": "ERROR Cannot import non-existent remote object", " ": "ERROR Not an instance id | The id \" \" holds a space or a control character.", "a\x00b": "ERROR Not an instance id | ",
		} {
			if l.Import(t, id) && l.State() != nil {
				t.Errorf("%q is imported", id)
			}
			if strings.Contains(want, "Not an instance") {
				says(t, l, want)
			}
			l.Forget()
		}
		monthly := sim.AddInstance(kecsim.Instance{Name: "monthly", ChargeType: "Monthly"})
		if l.Import(t, monthly) {
			t.Error("a monthly machine is imported")
		}
		says(t, l, "ERROR Not a Spot Instance | Instance "+monthly+" has the charge type Monthly.")
		if !l.Import(t, firstID) || len(l.Said) > 0 {
			t.Fatal(l.Said)
		}
		since := len(sim.Calls())
		l.Did(t, l.Apply(t, all), "update", "WARNING Taken from the configuration without a check | "+title+" was imported, and KEC does not report ")
		says(t, l, "iam_role_name")
		if got := sent(sim, since); len(got) > 0 && !slices.Equal(got, []string{"SetInstanceResourceProtect"}) {
			t.Errorf("it takes %v", got)
		}
		l.Did(t, l.Apply(t, all), "nothing")
	})
}

// Another region or account shows nothing, and nothing is forgotten, ended or bought.
func TestInstance_elsewhere(t *testing.T) {
	t.Parallel()
	const foreign, rotated, secret = "AKLTforeign000far3", "AKLTsecond0000new2", "secret-of-all-keys"
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.AddAccount(foreign, secret)
		sim.AddKey(rotated, secret, "")
		l.Did(t, l.Apply(t, worker()), "create")
		time.Sleep(10 * time.Minute)
		for _, c := range []struct {
			block settings
			says  string
		}{
			{settings{"region": kecsim.Region2}, "ERROR The instance is in another region | " + title + " is in the region cn-beijing-6; the provider works in cn-shanghai-2."},
			{settings{"access_key": foreign, "secret_key": secret}, "ERROR The spot instance is not seen with these keys | " + title + " was last seen at "},
			{settings{"endpoint": "https://127.0.0.1:1", "access_key": foreign, "secret_key": secret}, "ERROR The spot instance is not seen with these keys at this endpoint | " + title + " was last seen at "},
		} {
			l.Block = c.block
			for _, config := range []settings{worker(), worker(settings{"instance_name": "other"}), nil} {
				l.Did(t, l.Apply(t, config), "", c.says)
			}
			if got := l.ApplyStale(t, worker(settings{"instance_name": "other"})); got != "" || len(l.Said) != 1 || !strings.HasPrefix(l.Said[0], c.says) {
				t.Errorf("it does %q and says %v", got, l.Said)
			}
			if got := l.ApplyStale(t, nil); got != "" {
				t.Errorf("it does %q and says %v", got, l.Said)
			}
			owns(t, sim, l, "active")
		}
		sim.Release(firstID)
		l.Block = settings{"access_key": rotated, "secret_key": secret}
		does, _ := l.Plan(t, worker())
		l.Did(t, does, "create", "WARNING This spot instance is gone | ")
	})
}

// An automatic deletion that KEC would refuse is told by the plan that sets it, and by no other.
func TestInstance_autoDeleteTooSoon(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, _ *kecsim.Server, l *acctest.Life) {
		const soon = "WARNING Automatic deletion is less than 30 minutes ahead | It is set to 2000-01-01T00:20:00Z; it is "
		at := func(text string) settings { return worker(settings{"auto_delete_time": text}) }
		does, _ := l.Plan(t, at("2000-01-01T00:20:00Z"))
		l.Did(t, does, "create", soon)
		l.Did(t, l.Apply(t, at("2000-01-01T02:00:00Z")), "create")
		does, _ = l.Plan(t, at("2000-01-01T00:20:00Z"))
		l.Did(t, does, "update", soon)
		time.Sleep(100 * time.Minute)
		does, _ = l.Plan(t, at("2000-01-01T02:00:00Z"))
		l.Did(t, does, "nothing")
	})
}
