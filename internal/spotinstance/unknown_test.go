package spotinstance_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// A whole element may be unknown while planning.
func TestAccUnknown_wholeElementsAreNoError(t *testing.T) {
	t.Parallel()
	for attribute, element := range map[string]string{
		"data_disks":                   `{ type = "SSD3.0", size_gib = 50, delete_with_instance = true, snapshot_id = null }`,
		"secondary_network_interfaces": `{ subnet_id = "@subnet_a", security_group_ids = ["@group"], private_ip_address = null }`,
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			w.Write(block(set{attribute: "[terraform_data.later.output]"}) + acctest.Expand("resource \"terraform_data\" \"later\" {\n  input = "+element+"\n}\n") + env.Block(""))
			w.CLI("validate", "-no-color").Want(t, 0)
			w.Plan().Want(t, 2, "Plan: 2 to add")
			w.Apply().Want(t, 0, "Resources: 2 added")
			w.Plan().Want(t, 0, "No changes.")
		})
	}
}
