// Package acctest runs the provider against a simulator of its own, in one
// process with the test, driven by a real CLI or, where none is needed, by a
// [Life]. Only tests import it.
package acctest

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// Env is one test's world: a simulator on a loopback port.
type Env struct {
	Sim *kecsim.Server
	URL string
}

// New starts a simulator that ends with the test. It skips the test where there
// is no CLI, because the harness would go and download one.
func New(t *testing.T) *Env {
	t.Helper()
	return NewIn(t, os.Getenv(worldVariable))
}

// NewIn is New in a world that worlds.Of reads out of a text.
func NewIn(t *testing.T, world string) *Env {
	t.Helper()
	if os.Getenv("TF_ACC_TERRAFORM_PATH") == "" {
		t.Skip("needs a CLI: run it through make test, or set TF_ACC_TERRAFORM_PATH and TF_ACC_PROVIDER_NAMESPACE=kingsoftcloud")
	}
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	enter(t, sim, world)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &Env{Sim: sim, URL: server.URL}
}

// Block is the provider block that points at the simulator, with more lines in it.
func (e *Env) Block(more string) string { return e.BlockIn(strconv.Quote(kecsim.Region), more) }

// BlockIn is Block with a region of the test's choice, an expression of HCL.
func (e *Env) BlockIn(region, more string) string {
	return fmt.Sprintf(`
provider "kec" {
  region     = %s
  access_key = %q
  secret_key = %q
  endpoint   = %q
  %s
}
`, region, kecsim.AccessKey, kecsim.SecretKey, e.URL, more)
}

// Config is the provider block and a configuration, in which the names of the
// simulator's world may stand as @subnet_a and the like.
func (e *Env) Config(hcl string) string {
	return e.Block("") + Expand(hcl)
}

// Expand puts the names of the simulator's world into a configuration.
func Expand(hcl string) string {
	return strings.NewReplacer(
		"@subnet_a", kecsim.SubnetA, "@subnet_b", kecsim.SubnetB, "@subnet_c", kecsim.SubnetC,
		"@group2", kecsim.SecurityGroup2, "@group", kecsim.SecurityGroup,
		"@ubuntu", kecsim.ImageUbuntu, "@custom", kecsim.ImageCustom, "@broken", kecsim.ImageBroken,
		"@key_a", kecsim.KeyA, "@key_b", kecsim.KeyB,
	).Replace(hcl)
}

// Options are what a client under test needs: it tells time and waits on the
// simulator's clock, so that no test ever sleeps, and it is not slowed down.
func (e *Env) Options() []ksyun.Option {
	return []ksyun.Option{
		ksyun.WithClock(e.Sim.Now, e.Sim.Sleep),
		ksyun.WithRetries(4, time.Millisecond, 10*time.Millisecond),
		ksyun.WithRate(10000),
	}
}

// Factories serve the provider in this process, so that -race sees it.
func (e *Env) Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	server := provider.Server("test", e.Options()...)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"kec": func() (tfprotov6.ProviderServer, error) { return server(), nil },
	}
}

// Run drives the CLI through the steps, destroys what is left, and checks that
// nothing is left in the simulator either.
func (e *Env) Run(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: e.Factories(),
		Steps:                    steps,
		CheckDestroy:             func(*terraform.State) error { return e.Empty() },
	})
}

// Empty is an error unless no instance is alive once the deletions that KEC has
// accepted are through.
func (e *Env) Empty() error {
	e.Sim.Advance(time.Minute)
	var alive []string
	for _, in := range e.Sim.Instances() {
		alive = append(alive, in.ID+" ("+in.State+")")
	}
	if len(alive) > 0 {
		return fmt.Errorf("still alive: %s", strings.Join(alive, ", "))
	}
	return nil
}
