package spotinstance_test

import (
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// A fraction for a whole number is one error, about the user's value and not about the provider.
func TestAccFractions_areOneErrorEach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at, says string
		more     set
	}{
		{"data_disks", "data_disks[0].size_gib is 20.5, and takes a whole number.", set{"data_disks": `[{ type = "SSD3.0", size_gib = 20.5, delete_with_instance = true }]`}},
		{"system_disk", "system_disk.size_gib is 40.25, and takes a whole number.", set{"system_disk": "{ size_gib = 40.25 }"}},
		{"local_data_disk_gib", "local_data_disk_gib is 0.5, and takes a whole number.", set{"local_data_disk_gib": "0.5"}},
		{"project_id", "project_id is 0.333333333333, and takes a whole number.", set{"project_id": "1 / 3"}},
		{"password_wo_version", "password_wo_version is 1.5, and takes a whole number.", set{"password_wo": `"Correct-Horse-1"`, "password_wo_version": "1.5"}},
		{"eip", "eip.bandwidth_mbps is 1.5, and takes a whole number.", set{"eip": `{ line_id = "l", bandwidth_mbps = 1.5, charge_type = "Daily" }`}},
	} {
		t.Run(c.at, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			w.Write(block(c.more) + env.Block(""))
			r := w.CLI("validate", "-no-color").Want(t, 1, "Error: Not a whole number", c.says, c.at+" = ").Lacks(t, "mistake", "always an error")
			if n := strings.Count(r.Raw, "Error: "); n != 1 {
				t.Errorf("%d errors, want 1: %s", n, r.Raw)
			}
		})
	}
	t.Run("known in the plan", func(t *testing.T) {
		t.Parallel()
		env := acctest.New(t)
		w := env.Workspace(t)
		w.Write(block(set{"project_id": "var.p"}) + "variable \"p\" {\n  type = number\n}\n" + env.Block(""))
		r := w.Plan("-var", "p=1.5").Want(t, 1, "project_id is 1.5, and takes a whole number.")
		if n := strings.Count(r.Raw, "Error: "); n != 1 {
			t.Errorf("%d errors, want 1: %s", n, r.Raw)
		}
	})
}
