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
