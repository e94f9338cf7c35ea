package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

const (
	manyMachines = 100   // the most to create under measurement; more take minutes
	fewMachines  = 12    // in the state of the look-up among many others
	otherOnes    = 20000 // beside them in the account

	later     = 5 * time.Second  // from the end of a destruction to the count of what is alive
	longPlan  = 20 * time.Second // a plan that takes longer is not repeated
	startRuns = 21
)

// bench is one run of measurements: its settings, the programs, and a folder for what the run
// writes.
type bench struct {
	settings
	cli, provider, kecsim string
	temp                  string
	progress              io.Writer
	ended                 func(error) // called if a simulator ends by itself
}

// measure makes all measurements, one after the other, so that none disturbs another.
func (b *bench) measure(ctx context.Context) (r result, err error) {
	if err := b.install(); err != nil {
		return r, err
	}
	r.settings, r.date = b.settings, time.Now()
	if r.computer, r.versions, err = b.describe(ctx); err != nil {
		return r, err
	}
	b.say("%s\n%s", r.versions, r.computer)
	if r.start, err = b.timeStart(ctx); err != nil {
		return r, err
	}
	if r.schema, err = b.schemaSize(ctx); err != nil {
		return r, err
	}
	info, err := os.Stat(b.provider)
	if err != nil {
		return r, err
	}
	r.binary = info.Size()
	b.say("the provider starts in %s, has %s and a schema of %s", milliseconds(r.start.Seconds()), bytesOf(r.binary), bytesOf(r.schema))
	for _, n := range b.sizes {
		f, err := b.fleet(ctx, n)
		if err != nil {
			return r, fmt.Errorf("%d machines: %w", n, err)
		}
		r.fleets = append(r.fleets, f)
	}
	for _, n := range b.sizes {
		if !spotFleetSizes[n] {
			continue
		}
		f, err := b.spotFleet(ctx, n)
		if err != nil {
			return r, fmt.Errorf("a fleet of %d: %w", n, err)
		}
		r.spotFleets = append(r.spotFleets, f)
	}
	r.few, r.others = fewMachines, otherOnes
	r.fewPlan, err = b.amongMany(ctx)
	return r, err
}

// fleet measures one number of machines: creation, plans and destruction. A fleet that is too large
// to be created at the pace that KEC allows is made without measuring, and only its plans are
// measured.
func (b *bench) fleet(ctx context.Context, n int) (f fleet, err error) {
	f.machines = n
	w, err := b.workspace(ctx, n)
	if err != nil {
		return f, err
	}
	defer w.close()
	floor, err := b.floor(n)
	if err != nil {
		return f, err
	}
	whole := n <= manyMachines || b.full
	if whole {
		err = w.slow(ctx)
	} else {
		err = w.fill(ctx)
	}
	if err != nil {
		return f, err
	}
	if whole {
		if f.apply, err = b.one(ctx, w, "apply", "-auto-approve"); err != nil {
			return f, err
		}
	}
	made, err := b.one(ctx, floor, "apply", "-auto-approve")
	if err != nil {
		return f, err
	}
	if whole {
		f.applyFloor = made
	}

	if err := b.plans(ctx, w, floor, &f); err != nil {
		return f, err
	}
	if f.cpu, err = w.costs(ctx); err != nil {
		return f, err
	}

	if whole {
		if f.destroy, err = b.one(ctx, w, "destroy", "-auto-approve"); err != nil {
			return f, err
		}
		if f.alive, err = w.alive(ctx); err != nil {
			return f, err
		}
		f.destroyFloor, err = b.one(ctx, floor, "destroy", "-auto-approve")
	}
	return f, err
}

// plans measures the plans of a fleet and of its floor.
func (b *bench) plans(ctx context.Context, w, floor *workspace, f *fleet) error {
	// The commands take turns, so that other work of this machine disturbs all of them alike.
	var plans, unrefreshed, floors []sample
	for run, took := 0, 0.0; run < b.runs && took < longPlan.Seconds(); run++ {
		for _, each := range []struct {
			to   *[]sample
			in   *workspace
			args []string
		}{
			{&plans, w, []string{"plan", "-detailed-exitcode"}},
			{&unrefreshed, w, []string{"plan", "-detailed-exitcode", "-refresh=false"}},
			{&floors, floor, []string{"plan", "-detailed-exitcode"}},
		} {
			s, err := b.one(ctx, each.in, each.args...)
			if err != nil {
				return err
			}
			*each.to = append(*each.to, *s)
			took = max(took, s.seconds)
		}
	}
	f.plan, f.unrefreshed, f.planFloor = typical(plans), typical(unrefreshed), typical(floors)
	return nil
}

// amongMany measures the plan of a few machines in an account that holds many others.
func (b *bench) amongMany(ctx context.Context) (s sample, err error) {
	w, err := b.workspace(ctx, fewMachines)
	if err != nil {
		return s, err
	}
	defer w.close()
	if err := w.fill(ctx); err != nil {
		return s, err
	}
	if err := w.steer(ctx, "machines", fmt.Sprintf(`{"count": %d, "name": "another", "chargeType": "Spot"}`, otherOnes)); err != nil {
		return s, err
	}
	got, err := b.one(ctx, w, "plan", "-detailed-exitcode")
	if err != nil {
		return s, fmt.Errorf("%d machines among %d others: %w", fewMachines, otherOnes, err)
	}
	return *got, nil
}

// one runs a command of the CLI and reports what it has cost.
func (b *bench) one(ctx context.Context, w *workspace, args ...string) (*sample, error) {
	s, err := w.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	b.say("%s, %s: %s s; requests %s", w.name, args[0]+suffix(args), seconds(s.seconds), s.requests)
	return &s, nil
}

// suffix marks a plan without a refresh in a report.
func suffix(args []string) string {
	if args[len(args)-1] == "-refresh=false" {
		return " -refresh=false"
	}
	return ""
}

// say reports the progress of the run. An error is dropped: there is nowhere else to report it.
func (b *bench) say(format string, args ...any) { _, _ = fmt.Fprintf(b.progress, format+"\n", args...) }

// install puts this program where the CLI looks for the provider. Started by the CLI, the program
// wraps the provider, see wrap.
func (b *bench) install() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, folder := range []string{b.path("bin"), b.path("tmp")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
	}
	if err := os.Symlink(self, b.path("bin", "terraform-provider-kec")); err != nil {
		return err
	}
	settings := fmt.Sprintf("provider_installation {\n  dev_overrides { \"kingsoftcloud/kec\" = %q }\n  direct {}\n}\n", b.path("bin"))
	return os.WriteFile(b.path("cli.tfrc"), []byte(settings), 0o600)
}

// path is a path in the folder of the run.
func (b *bench) path(elements ...string) string {
	return filepath.Join(append([]string{b.temp}, elements...)...)
}

// environment is the environment of every process that the run starts. Their temporary files are in
// the folder of the run, which is removed at the end.
func (b *bench) environment() []string {
	return append(rehearsal.CleanEnvironment(os.Environ()), "TMPDIR="+b.path("tmp"), "TF_CLI_CONFIG_FILE="+b.path("cli.tfrc"), "CHECKPOINT_DISABLE=1",
		"KSYUN_REGION="+kecsim.Region, "KSYUN_ACCESS_KEY="+kecsim.AccessKey, "KSYUN_SECRET_KEY="+kecsim.SecretKey)
}
