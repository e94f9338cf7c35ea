package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

// demo is what a demonstration needs: the simulated KEC, the terminal of a user, and the output.
type demo struct {
	sim    *rehearsal.Simulator
	cli    *cli
	out    io.Writer
	tfvars string // as the example has it
	worker string // the line that has been added to it, or ""
}

// step is one scene. Its title says in one line what is about to happen and why.
type step struct {
	title string
	play  func(d *demo, ctx context.Context) error
}

// tell plays the steps until one does not do what it announces.
func (d *demo) tell(ctx context.Context) error {
	for i, s := range story {
		d.say("\n── %d/%d  %s\n", i+1, len(story), s.title)
		if err := s.play(d, ctx); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("stopped in step %d/%d: %w", i+1, len(story), context.Cause(ctx))
			}
			return fmt.Errorf("step %d/%d failed: %s\n  %s", i+1, len(story), s.title, strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
	}
	return nil
}

// say prints to the audience. Nobody can be told that nobody can be told.
func (d *demo) say(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

// run runs a command of the CLI and checks what it did.
func (d *demo) run(ctx context.Context, w want, args ...string) error {
	d.say("$ %s %s", d.cli.name(), strings.Join(args, " "))
	code, output, err := d.cli.run(ctx, args...)
	if err != nil {
		return err
	}
	alive, err := d.sim.Machines(ctx)
	if err != nil {
		return err
	}
	if err := w.check(code, output, len(alive)); err != nil {
		return err
	}
	d.say("\n✓ As announced: %q; exit code %d; instances at KEC: %d.", w.says[0], code, len(alive))
	return nil
}

// event is a POST to one of the simulator's control routes.
type event struct{ route, body string }

// steer changes the simulator's world, and shows how to do it by hand.
func (d *demo) steer(ctx context.Context, what string, events ...event) error {
	d.say("# %s", what)
	for _, e := range events {
		d.say("$ curl -d '%s' $KEC_ENDPOINT/_kecsim/%s", e.body, e.route)
		if _, err := d.sim.Call(ctx, e.route, e.body); err != nil {
			return err
		}
	}
	d.say("")
	return nil
}

// edit changes the user's variables: the fleet of the example and one worker more; "" for the fleet
// alone.
func (d *demo) edit(worker string) error {
	text := d.tfvars
	if worker != "" {
		var err error
		if text, err = withWorker(d.tfvars, worker); err != nil {
			return fmt.Errorf("terraform.tfvars: %w", err)
		}
	}
	if err := d.cli.write("terraform.tfvars", text); err != nil {
		return err
	}
	d.say("# In terraform.tfvars, in the map workers:")
	if d.worker != "" {
		d.say("-   %s", d.worker)
	}
	if worker != "" {
		d.say("+   %s", worker)
	}
	d.say("")
	d.worker = worker
	return nil
}

// at is the place in main.tf at which a message must point: the line that sets an attribute.
func (d *demo) at(attribute, block string) (string, error) {
	hcl, err := d.cli.read("main.tf")
	if err != nil {
		return "", err
	}
	n, err := lineOf(hcl, attribute)
	if err != nil {
		return "", fmt.Errorf("main.tf: %w", err)
	}
	return fmt.Sprintf("on main.tf line %d, in %s: %d: %s", n, block, n, strings.TrimSpace(strings.Split(hcl, "\n")[n-1])), nil
}

// failedOrder shows the account's orders as the console would, and returns the id of the one that
// failed.
func (d *demo) failedOrder(ctx context.Context) (string, error) {
	var orders []order
	if err := d.sim.Read(ctx, "orders", &orders); err != nil {
		return "", err
	}
	d.say("# No API leads from an instance to its order, so a user copies the id from the console. Its page Billing > Order Management")
	d.say("# would show this (here from $KEC_ENDPOINT/_kecsim/orders):")
	table := tabwriter.NewWriter(d.out, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, "  Order ID\tCreated\tOrdered\tStatus")
	var failed []string
	for _, o := range orders {
		_, _ = fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", o.ID, o.CreateTime.UTC().Format(time.DateTime), o.content(), o.state())
		if o.Status == orderAllFailed {
			failed = append(failed, o.ID)
		}
	}
	if err := table.Flush(); err != nil {
		return "", err
	}
	d.say("")
	if len(failed) != 1 {
		return "", fmt.Errorf("expected one order that failed to open, got %d", len(failed))
	}
	return failed[0], nil
}

// summarise says what was seen, and how to go on by hand.
func (d *demo) summarise(took time.Duration, bin string) {
	d.say(`
── Done in %d seconds. Every step did what it announced:
   a plan, an apply, an empty second plan and outputs; a change in place; a plan that cannot be had for stock and one for its price
   limit; a launch that was refused, and one that was accepted and failed, each explained at the line to change; an order explained
   by its id; a reclaim announced, remembered, explained and made good; a destroy that left nothing behind.

   Try it by hand. In one terminal:

     make sim

   In another, from the root of the repository:

     export KEC_ENDPOINT=http://127.0.0.1:7480 KSYUN_REGION=%s
     export KSYUN_ACCESS_KEY=%s KSYUN_SECRET_KEY=%s
     export TF_CLI_CONFIG_FILE=$PWD/bin/dev.tfrc
     echo 'provider_installation { dev_overrides { "kingsoftcloud/kec" = "%s" } }' >$TF_CLI_CONFIG_FILE
     cd examples/demo && %s plan    # no init: the override stands in for it
     curl $KEC_ENDPOINT/_kecsim/    # what the simulated world can be made to do`,
		int(took.Seconds()+0.5), kecsim.Region, kecsim.AccessKey, kecsim.SecretKey, bin, d.cli.name())
}
