package acctest_test

import (
	"os/exec"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// The line for pipelines that the README shows ends with the exit codes that it lists, on what the
// CLI prints.
func TestAccPipeline_exitCodes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("needs jq, with which the README's line for pipelines reads the messages")
	}
	line := acctest.Documented(t, "README.md", "tofu plan -json -input=false")
	soldOut := kecsim.Fault{Status: 400, Code: "ProductSellOutInvalid", Message: "InstanceType N3.2B is sell out"}
	noQuota := kecsim.Fault{Status: 400, Code: "InstanceQuotaExceeded", Message: "MinCount 1 exceeds the quota"}
	order := acctest.NewHCL(`data "kec_spot_order" "batch"`, "order_id", `"2026030209140100"`)
	for _, c := range []struct {
		name    string
		hcl     string
		arrange func(sim *kecsim.Server)
		want    int
		says    string // a part of the JSON
	}{
		{"all is well", workers(2), func(*kecsim.Server) {}, 0, `"type":"outputs"`},
		{"sold out, in the plan", workers(2), func(sim *kecsim.Server) { sim.SellOut(kecsim.ZoneA, "N3.2B") }, 10, `\nRetry: later"`},
		{"sold out, in the apply", workers(2), func(sim *kecsim.Server) { sim.FailNext("RunInstances", soldOut, 2) }, 10, `\nRetry: later"`},
		{"no permission, in the plan", order.String(), func(sim *kecsim.Server) {
			sim.FailNext("QueryOrderInfo", kecsim.Denied, 1)
		}, 20, `\nRetry: after a change"`},
		{"no permission, in the apply", workers(2), func(sim *kecsim.Server) {
			sim.FailNext("RunInstances", kecsim.Denied, 2)
		}, 20, `\nRetry: after a change"`},
		{"sold out, and no permission", workers(2) + order.String(), func(sim *kecsim.Server) {
			sim.SellOut(kecsim.ZoneA, "N3.2B")
			sim.FailNext("QueryOrderInfo", kecsim.Denied, 1)
		}, 20, `\nRetry: later"`},
		{"a mistake in the configuration", workers(2, "spot_price_limit", "-1"), func(*kecsim.Server) {}, 20, "Spot price limit is not above zero"},
		{"a launch that may have been carried out", workers(1), func(sim *kecsim.Server) {
			sim.FailNext("RunInstances", kecsim.ConnectionLost, 100)
		}, 30, `\nRetry: never"`},
		{"such a launch beside one without a quota", workers(2), func(sim *kecsim.Server) {
			sim.FailNext("RunInstances", noQuota, 1)
			sim.FailNext("RunInstances", kecsim.ConnectionLost, 100)
		}, 30, `\nRetry: never"`},
		{"sold out, and a warning that says never", workers(2) + order.With("on_failure", `"warning"`).String(), func(sim *kecsim.Server) {
			sim.SellOut(kecsim.ZoneA, "N3.2B")
			sim.PutOrder(kecsim.Order{ID: "2026030209140100", Status: 2})
		}, 10, `\nRetry: never"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
			c.arrange(env.Sim)
			w := env.Workspace(t)
			w.Write(c.hcl + env.Block(""))
			got := w.Shell(line).Want(t, c.want)
			w.Shell("cat run.json").Want(t, 0, c.says)
			if got.Raw != "" {
				t.Errorf("it prints %s", got.Raw)
			}
		})
	}

	t.Run("a CLI that tells no error", func(t *testing.T) {
		t.Parallel()
		w := acctest.New(t).Workspace(t)
		w.Shell("tofu() { echo no JSON; return 7; }\n"+line).Want(t, 1)
	})
}
