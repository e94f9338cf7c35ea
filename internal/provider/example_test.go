package provider_test

import (
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// A new user's first lines: the provider block and the resource, with all that the environment
// gives.
func TestAccExample_resource(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.BinaryWorkspace(t)
	w.Setenv("KSYUN_ACCESS_KEY="+kecsim.AccessKey, "KSYUN_SECRET_KEY="+kecsim.SecretKey, "KEC_ENDPOINT="+env.URL)
	// The provider block says where the provider comes from, and so does the file beside it.
	_, block, ok := strings.Cut(acctest.Example(t, "provider/provider.tf"), "# The keys come from")
	if !ok {
		t.Fatal("the provider's example has another form")
	}
	w.Write("# The keys come from" + block + acctest.Example(t, "resources/kec_spot_instance/resource.tf"))
	w.Apply().Want(t, 0, "Resources: 1 added")
	w.Plan().Want(t, 0, "No changes")
	id := env.Sim.Instances()[0].ID

	// By the command that the example shows, and by its identity where the CLI has such imports.
	command := strings.NewReplacer("terraform import", "tofu import -no-color", "5b7f0a52-4c3d-4e8f-9a1b-2c3d4e5f6a7b", id)
	w.Shell("tofu state rm kec_spot_instance.worker").Want(t, 0)
	w.Shell(command.Replace(acctest.Example(t, "resources/kec_spot_instance/import.sh"))).Want(t, 0, "Import successful!")
	w.Plan().Want(t, 0, "No changes")
	if !w.CLI("version").Before(t, 1, 12) {
		w.Shell("tofu state rm kec_spot_instance.worker").Want(t, 0)
		w.Write("# The keys come from" + block + acctest.Example(t, "resources/kec_spot_instance/resource.tf") +
			command.Replace(acctest.Example(t, "resources/kec_spot_instance/import-by-identity.tf")))
		w.Apply().Want(t, 0, "Resources: 1 imported, 0 added, 0 changed, 0 destroyed")
	}
}
