package spotinstance_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestAccTags_defaultsAreMergedUnder(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	show := "output \"all\" { value = kec_spot_instance.a.tags_all }\noutput \"own\" { value = kec_spot_instance.a.tags }\n"
	defaults := func(tags string) string { return env.Block("default_tags = " + tags) }

	w.Write(block(set{"tags": `{ env = "test" }`}) + show + defaults(`{ env = "prod", team = "a" }`))
	w.Apply().Want(t, 0, `all = tomap({ "env" = "test" "team" = "a" })`, `own = tomap({ "env" = "test" })`)
	w.Plan().Want(t, 0, "No changes.")
	if got := ownTags(env.Sim.Instances()[0]); got != "map[env:test team:a]" {
		t.Errorf("tags %s", got)
	}

	w.Write(block(set{"tags": `{ env = "test" }`}) + show + defaults(`{ team = "b" }`))
	w.Apply().Want(t, 0, update, `all = tomap({ "env" = "test" "team" = "b" })`)
	w.Plan().Want(t, 0, "No changes.")

	// Somebody adds one in the console: shown, and taken away.
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags["by-hand"] = "1" })
	w.Plan().Want(t, 2, `- "by-hand" = "1"`, "Plan: 0 to add, 1 to change, 0 to destroy.")
	w.Apply().Want(t, 0, update)

	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", firstID).Want(t, 0)
	w.Plan().Want(t, 0, "No changes.")

	w.Write(block() + show + env.Block(""))
	w.Apply().Want(t, 0, update, "all = tomap({})")
	w.Plan().Want(t, 0, "No changes.")

	w.Write(block() + defaults(`{ ksc-mine = "1" }`))
	w.CLI("validate", "-no-color").Want(t, 1, "must not start with ksc")
}

func TestAccTags_unknownDefaultsAreDecidedAtApply(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	write := func(run, name string) {
		w.Write(block(set{"instance_name": name}) + "resource \"terraform_data\" \"run\" {\n  input = \"" + run + "\"\n  triggers_replace = \"" + run + "\"\n}\n" +
			env.Block("default_tags = { run = terraform_data.run.output }"))
	}
	write("1", `"worker-1"`)
	w.Apply().Want(t, 0)
	w.Plan().Want(t, 0, "No changes.")
	write("2", `"worker-2"`)
	w.Apply().Want(t, 0, "Resources: 1 added, 1 changed, 1 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	if got := ownTags(env.Sim.Instances()[0]); got != "map[run:2]" {
		t.Errorf("tags %s", got)
	}
}

// What was a default stays one: it does not become the resource's own tag when
// the default changes, or ignore_changes would keep it for ever.
func TestAccTags_anOldDefaultIsNotTakenForAnOwnTag(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	hcl := acctest.Expand(`resource "kec_spot_instance" "a" {
  lifecycle { ignore_changes = [tags] }
  image_id           = "@ubuntu"
  instance_type      = "N3.2B"
  security_group_ids = ["@group"]
  subnet_id          = "@subnet_a"
  tags               = { mine = "1" }
}
`)
	w.Write(hcl + env.Block(`default_tags = { team = "a" }`))
	w.Apply().Want(t, 0)
	w.Write(hcl + env.Block(`default_tags = { team = "b" }`))
	w.Apply().Want(t, 0, update)
	w.Plan().Want(t, 0, "No changes.")
	if got := ownTags(env.Sim.Instances()[0]); got != "map[mine:1 team:b]" {
		t.Errorf("tags %s", got)
	}
}

// A change of tags touches the tags that the plan shows, and no other: not KEC's own, and not one
// that somebody has added since the plan was made.
func TestAccTags_whatThePlanDoesNotShowStays(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]bool{"KEC keeps its own": false, "KEC takes them like others": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Sim.Update(func(s *kecsim.Settings) { s.TakeOwnTags = takes })
			w := running(t, env, named(set{"tags": `{ env = "prod", team = "a" }`}))
			env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags["ksc-cluster"] = "c-1" })
			w.Plan().Want(t, 0, "No changes.")
			w.Write(named(set{"tags": `{ env = "test" }`}) + env.Block(""))
			w.Plan("-out=plan").Want(t, 2)
			env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags["by-hand"] = "1" })
			w.CLI("apply", "-no-color", "plan").Want(t, 0, update)
			if got := ownTags(env.Sim.Instances()[0]); got != "map[by-hand:1 env:test ksc-cluster:c-1]" {
				t.Errorf("tags %s", got)
			}
			w.Plan().Want(t, 2, `- "by-hand" = "1"`).Lacks(t, "ksc-cluster")
		})
	}
}

// A tag that differs from the mark in case only would hide it, and a launch whose answer is lost
// would be bought twice.
func TestAccTags_noSpellingHidesTheMark(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	for _, key := range []string{"kec-launch-mark", "KEC-Launch-Mark"} {
		w.Write(named(set{"tags": `{ ` + key + ` = "x" }`}) + env.Block(""))
		w.CLI("validate", "-no-color").Want(t, 1, key)
		w.Write(named() + env.Block(`default_tags = { `+key+` = "x" }`))
		w.CLI("validate", "-no-color").Want(t, 1, key)
	}
	w.Write(named() + env.Block(""))
	w.Apply().Want(t, 0)
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags["Kec-Launch-Mark"] = "by hand" })
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", firstID).Want(t, 0)
	w.Plan().Want(t, 0, "No changes.").Lacks(t, "Launch-Mark")
}
