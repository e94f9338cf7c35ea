package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

// workspace is a folder with a configuration and its state, and the simulator that serves it.
type workspace struct {
	*bench
	name string
	dir  string
	env  []string
	sim  *rehearsal.Simulator // nil for the floor
}

// fleetHCL is the configuration of a fleet. Its machines have what most fleets have: a price limit,
// a key, a name, tags and a data disk. The rate is the provider's default, except for a fleet made
// by fill.
const fleetHCL = `terraform {
  required_providers {
    kec = { source = "kingsoftcloud/kec" }
  }
}

variable "rate" {
  type    = number
  default = null
}

provider "kec" {
  requests_per_second = var.rate
}

resource "kec_spot_instance" "worker" {
  count              = %d
  instance_type      = %q
  spot_price_limit   = 0.1
  image_id           = %q
  subnet_id          = %q
  security_group_ids = [%q]
  key_ids            = [%q]
  instance_name      = "worker-${count.index}"
  tags               = { fleet = "bench", worker = tostring(count.index) }

  data_disks = [
    { type = "SSD3.0", size_gib = 50, delete_with_instance = true },
  ]
}
`

const floorHCL = `resource "terraform_data" "worker" {
  count = %d
  input = {
    instance_name = "worker-${count.index}"
    tags          = { fleet = "bench", worker = tostring(count.index) }
  }
}
`

// workspace makes a configuration of n machines and a world that has room for them.
func (b *bench) workspace(ctx context.Context, n int) (*workspace, error) {
	return b.world(ctx, fmt.Sprintf("%d machines", n), n, fmt.Sprintf(fleetHCL,
		n, kecsim.TypeSmall, kecsim.ImageUbuntu, kecsim.SubnetA, kecsim.SecurityGroup, kecsim.KeyA))
}

// world makes a folder with a configuration, and a world that has room for n machines.
func (b *bench) world(ctx context.Context, name string, n int, hcl string) (*workspace, error) {
	w, err := b.folder(name, hcl)
	if err != nil {
		return nil, err
	}
	if w.sim, err = rehearsal.StartSimulator(ctx, b.kecsim, b.ended, "-boot", b.boot.String(), "-quota", strconv.Itoa(n)); err != nil {
		return nil, err
	}
	w.env = append(w.env, "KEC_ENDPOINT="+w.sim.URL)
	for _, room := range []struct{ route, body string }{
		{"stock", fmt.Sprintf(`{"zone": %q, "type": %q, "count": %d}`, kecsim.ZoneA, kecsim.TypeSmall, n)},
		{"subnet", fmt.Sprintf(`{"id": %q, "free": %d}`, kecsim.SubnetA, n)},
		{"balance", `{"yuan": "1000000"}`},
	} {
		if err := w.steer(ctx, room.route, room.body); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// floor makes a configuration of n resources that need no provider.
func (b *bench) floor(n int) (*workspace, error) {
	return b.folder(fmt.Sprintf("%d terraform_data", n), fmt.Sprintf(floorHCL, n))
}

func (b *bench) folder(name, hcl string) (*workspace, error) {
	dir, err := os.MkdirTemp(b.temp, "work-")
	if err != nil {
		return nil, err
	}
	return &workspace{bench: b, name: name, dir: dir, env: b.environment()}, os.WriteFile(dir+"/main.tf", []byte(hcl), 0o600)
}

// close ends the simulator.
func (w *workspace) close() {
	w.sim.Stop()
}

func (w *workspace) steer(ctx context.Context, route, body string) error {
	_, err := w.sim.Call(ctx, route, body)
	return err
}

// slow lets the simulator delay every answer from now on.
func (w *workspace) slow(ctx context.Context) error {
	if w.latency == 0 {
		return nil
	}
	return w.steer(ctx, "fault", fmt.Sprintf(`{"action": "*", "share": 1, "slow": %q}`, w.latency))
}

// fill creates the fleet without measuring, as fast as possible: machines boot at once, answers are
// not delayed, and the provider takes the highest rate. Then it sets the simulator to its normal
// settings.
func (w *workspace) fill(ctx context.Context) error {
	if err := w.steer(ctx, "settings", `{"boot": "0s", "visibleAfter": "0s"}`); err != nil {
		return err
	}
	if _, err := w.run(ctx, "apply", "-auto-approve", "-var=rate=1000"); err != nil {
		return err
	}
	if err := w.steer(ctx, "settings", fmt.Sprintf(`{"boot": %q, "visibleAfter": %q}`, w.boot, w.boot)); err != nil {
		return err
	}
	return w.slow(ctx)
}

// alive counts the machines that are left after a while.
func (w *workspace) alive(ctx context.Context) (int, error) {
	if err := w.steer(ctx, "advance", fmt.Sprintf(`{"duration": %q}`, later)); err != nil {
		return 0, err
	}
	machines, err := w.sim.Machines(ctx)
	return len(machines), err
}

// requests are the requests that the simulator has received so far.
func (w *workspace) requests(ctx context.Context) (counts, error) {
	all := counts{}
	if w.sim == nil {
		return all, nil
	}
	return all, w.sim.Read(ctx, "counts", &all)
}

// run measures a command of the CLI, which must succeed. A plan must find nothing to do.
func (w *workspace) run(ctx context.Context, args ...string) (s sample, err error) {
	folder, err := os.MkdirTemp(w.temp, "usage-")
	if err != nil {
		return s, err
	}
	before, err := w.requests(ctx)
	if err != nil {
		return s, err
	}
	args = append(args, "-input=false", "-no-color", "-parallelism="+strconv.Itoa(w.parallelism))
	cmd := rehearsal.Command(ctx, w.cli, args...)
	cmd.Dir, cmd.Env = w.dir, append(w.env, wrappedVariable+"="+w.provider, usageVariable+"="+folder)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	code, err := rehearsal.Run(ctx, cmd)
	s.seconds = time.Since(began).Seconds()
	if err != nil {
		return s, err
	}
	if code != 0 {
		return s, fmt.Errorf("%s ends with code %d:\n%s", args[0], code, tail(output.String()))
	}
	after, err := w.requests(ctx)
	if err != nil {
		return s, err
	}
	s.requests = after.since(before)
	s.usage, err = readUsage(folder)
	return s, err
}

// tail is the end of a long text.
func tail(text string) string {
	const most = 4000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
