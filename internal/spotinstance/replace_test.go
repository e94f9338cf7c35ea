package spotinstance_test

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// alone fails the test unless exactly one machine is alive, and returns it.
func alone(t *testing.T, env *acctest.Env) kecsim.Instance {
	t.Helper()
	all := env.Sim.Instances()
	if len(all) != 1 || all[0].State != "active" {
		t.Fatalf("the machines are %+v, want one that is active", all)
	}
	return all[0]
}

// A machine holds its address, its unit of the quota and its place in stock until it is gone, and
// perhaps for a while longer. Its replacement waits for what it needs of that.
func TestAccReplace_whatTheOldMachineHolds(t *testing.T) {
	t.Parallel()
	fixed := set{"private_ip_address": `"10.7.0.50"`}
	for name, c := range map[string]struct {
		more   set
		scarce func(*kecsim.Server)
	}{
		"a fixed address": {more: fixed, scarce: func(*kecsim.Server) {}},
		"a full subnet":   {scarce: func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) }},
		"the quota":       {scarce: func(sim *kecsim.Server) { sim.SetQuota(1) }},
		"all of it": {more: fixed, scarce: func(sim *kecsim.Server) {
			sim.SetSubnetFree(kecsim.SubnetA, 0)
			sim.SetQuota(1)
		}},
	} {
		for held, after := range map[string]time.Duration{"until it is gone": 0, "for three minutes": 3 * time.Minute} {
			t.Run(name+", "+held, func(t *testing.T) {
				t.Parallel()
				env := acctest.New(t)
				env.Decides(t, "AsyncChecks", "the replacement fails as LaunchFailed, and the next apply orders it")
				env.Sim.Update(func(s *kecsim.Settings) { s.TerminateTime, s.FreeAfter = time.Minute, after })
				w := running(t, env, named(c.more, set{"image_id": `"@ubuntu"`}))
				c.scarce(env.Sim)
				w.Write(named(c.more, set{"image_id": `"@custom"`}) + env.Block(""))
				w.Apply().Want(t, 0, replace)
				if in := alone(t, env); in.ID == firstID || in.ImageID != kecsim.ImageCustom {
					t.Errorf("the machine is %+v", in)
				}
				w.Apply("-replace=kec_spot_instance.a").Want(t, 0, replace)
				w.CLI("taint", "kec_spot_instance.a").Want(t, 0)
				w.Apply().Want(t, 0, replace)
				alone(t, env)
				w.Plan().Want(t, 0, "No changes.")
			})
		}
	}
}

// What nobody in this run has held is refused at once.
func TestAccReplace_aRefusalForAnythingElseIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())
	env.Sim.FailNext("RunInstances", kecsim.Fault{Status: 400, Code: "ProductSellOutInvalid", Message: "sell out"}, 99)
	w.Write(named(set{"instance_type": `"N3.4B"`}) + env.Block(""))
	start := env.Sim.Now()
	w.Apply().Want(t, 1, "Error: Out of stock")
	if took := env.Sim.Now().Sub(start); took > time.Minute || env.Sim.Count("RunInstances") != 2 {
		t.Errorf("%d launches in %s, want 2 within a minute", env.Sim.Count("RunInstances"), took)
	}
}

// The protection of a machine that is deposed can be lifted in the console only, and no state shows
// that: KEC is asked.
func TestAccProtection_aDeposedMachineGoesOnceItIsLifted(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "OtherCodes", "the cause is inferred from the words, and the message has the code of KEC")
	w := env.Workspace(t)
	hcl := func(protection string) string {
		return "resource \"kec_spot_instance\" \"a\" {\n  lifecycle { create_before_destroy = true }\n" +
			named(set{"deletion_protection": protection})[len("resource \"kec_spot_instance\" \"a\" {\n"):] + env.Block("")
	}
	w.Write(hcl("true"))
	w.Apply().Want(t, 0)
	w.CLI("taint", "kec_spot_instance.a").Want(t, 0)
	w.Apply().Want(t, 1, "Error: The instance is protected against deletion", "(InstanceResourceProtected), TerminateInstances")
	w.Write(hcl("false"))
	w.Plan().Want(t, 2, "Warning: This spot instance is protected against deletion", "Plan: 0 to add, 1 to change, 1 to destroy.")
	w.Apply().Want(t, 1, "Error: The instance is protected against deletion") // KEC still refuses
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Protected = false })
	w.Apply().Want(t, 0, "1 destroyed.")
	if in := alone(t, env); in.ID == firstID || in.Protected {
		t.Errorf("the machine is %+v", in)
	}
	w.Plan().Want(t, 0, "No changes.")
}

// An address that was bought with a machine may stay when the machine goes, and is charged.
func TestAccDestroy_anAddressThatMayStayIsNamed(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	eip := set{"eip": `{ line_id = "l-1", bandwidth_mbps = 5, charge_type = "Daily" }`}
	w := running(t, env, named(eip))
	stays := "Its public address " + env.Sim.Instances()[0].PublicIP + " may stay in the account, outside the state, and go on being charged."
	w.Plan("-destroy").Want(t, 2, "Warning: The public address may outlive this spot instance", stays)
	w.Write(named(eip, set{"image_id": `"@custom"`}) + env.Block(""))
	w.Plan().Want(t, 2, "Warning: The public address may outlive this spot instance", stays)
	env.Sim.Advance(10 * time.Minute)
	env.Sim.Release(firstID)
	w.Plan().Want(t, 2, "Warning: This spot instance is gone", stays)
}

// A CLI shows no warning that the provider has for the plan of a forced replacement. So the apply
// says what outlives the machine; where the plan could say it, the apply does not repeat it.
func TestAccReplace_forcedOnesSayWhatOutlivesThem(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	disks := named(set{"data_disks": `[{ type = "EHDD", size_gib = 60, delete_with_instance = false }]`})
	w := running(t, env, disks)
	warning := "Warning: A data disk outlives this spot instance"
	trigger := func(input string) {
		t.Helper()
		w.Write("resource \"kec_spot_instance\" \"a\" {\n  lifecycle { replace_triggered_by = [terraform_data.b] }\n" +
			disks[len("resource \"kec_spot_instance\" \"a\" {\n"):] + "resource \"terraform_data\" \"b\" { input = \"" + input + "\" }\n" + env.Block(""))
	}
	trigger("one")
	w.Apply("-target=terraform_data.b").Want(t, 0)
	for _, force := range []func() acctest.Result{
		func() acctest.Result { return w.Apply("-replace=kec_spot_instance.a") },
		func() acctest.Result { trigger("two"); return w.Apply() },
		func() acctest.Result { w.CLI("taint", "kec_spot_instance.a").Want(t, 0); return w.Apply() },
	} {
		disk := alone(t, env).DataDisks[0].ID
		force().Want(t, 0, "1 added,", "1 destroyed.", warning, disk)
	}
	w.Write(named(set{"data_disks": `[{ type = "EHDD", size_gib = 70, delete_with_instance = false }]`}) + "resource \"terraform_data\" \"b\" {}\n" + env.Block(""))
	w.Plan("-out=plan").Want(t, 2, warning)
	w.CLI("apply", "-no-color", "plan").Want(t, 0, "1 added,", "1 destroyed.").Lacks(t, warning)
	w.Plan("-destroy", "-out=plan").Want(t, 2, warning)
	w.CLI("apply", "-no-color", "plan").Want(t, 0, "2 destroyed.").Lacks(t, warning)
}
