package catalog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// imagesOf is a data source with these arguments, and its images in a line, each with the last
// digit of its id.
func imagesOf(name, arguments string) string {
	return `
data "kec_images" "` + name + `" {
` + arguments + `
}

output "` + name + `" {
  value = join(", ", [for n, i in data.kec_images.` + name + `.images : join(" ", [
    substr(data.kec_images.` + name + `.ids[n], -1, 1), i.name, i.created_at == null ? "-" : i.created_at, i.size_gib == null ? "-" : i.size_gib,
  ])])
}
`
}

func TestAccImages(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	for i, name := range []string{"golden-2026-01", "golden-2026-03", "golden-2026-03b"} {
		env.Sim.AddImage(kecsim.Image{
			ID: fmt.Sprintf("IMG-0d000000-0000-4000-8000-00000000001%d", 6+i), Name: name, State: "active", Platform: "debian-12", Type: "custom", SizeGB: 30,
			Created: time.Date(2026, time.Month(2*i+1), 1, 7, 0, 0, 0, time.UTC),
		})
	}
	env.Sim.SetImageState("IMG-0d000000-0000-4000-8000-000000000018", "creating") // the newest does not boot yet
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_images/data-source.tf"))
	outputs(t, w, map[string]string{"newest": `"IMG-0d000000-0000-4000-8000-000000000017"`})
	w.Plan().Want(t, 0, "No changes")

	cases(t, env, imagesOf, map[string]string{
		// Newest first, then by name.
		``: "7 golden-2026-03 2026-03-01T07:00:00Z 30, 2 golden-2026-02 2026-02-20T08:00:00Z 40, 4 appliance 2026-01-15T08:00:00Z 20, " +
			"1 ubuntu-24.04 2026-01-15T08:00:00Z 20, 6 golden-2026-01 2026-01-01T07:00:00Z 30",
		`name_regex = "^golden-.*-0[12]$"`:               "2 golden-2026-02 2026-02-20T08:00:00Z 40, 6 golden-2026-01 2026-01-01T07:00:00Z 30",
		`platform = "Debian-12"`:                         "7 golden-2026-03 2026-03-01T07:00:00Z 30, 6 golden-2026-01 2026-01-01T07:00:00Z 30",
		"platform = \"ubuntu-24.04\"\ntype = \"SYSTEM\"": "1 ubuntu-24.04 2026-01-15T08:00:00Z 20",
		`state = "error"`:                                "3 half-uploaded 2026-01-15T08:00:00Z 20",
		`type = "marketplace"`:                           "",
	})
}

func TestAccImages_inAnyAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + imagesOf("images", ""))
	env.Sim.FailNext("DescribeImages", kecsim.Fault{Status: 200, Body: `{"imagesSet":[{"imageId":"IMG-1","imageState":"Active","name":"no date"},
		{"imageId":"IMG-2","imageState":"active","name":"text","sysDisk":"40","creationDate":"2026-02-01 16:00:00"},
		{"imageId":"IMG-3","imageState":"active","name":"offset","sysDisk":20,"creationDate":"2026-02-01T10:00:00+01:00"},{"name":"no id"}]}`}, 1)
	w.Plan().Want(t, 2, `images = "3 offset 2026-02-01T09:00:00Z 20, 2 text 2026-02-01T08:00:00Z 40, 1 no date - -"`)
	env.Sim.FailNext("DescribeImages", kecsim.Fault{Status: 200, Body: `{"ImagesSet":null}`}, 1)
	w.Plan().Want(t, 2, `images = ""`)
	env.Sim.DenyAction("kec", "DescribeImages", true)
	w.Plan().Want(t, 1, "Error: KEC refused access", "The images cannot be looked up, which takes permission for DescribeImages.")
	w.Write(env.Block("") + imagesOf("images", `name_regex = "("`))
	w.Plan().Want(t, 1, "Error: Not a regular expression", "missing closing )", `Give an expression that RE2 knows, such as "^web-".`)
}
