// Command demo shows the provider at work: it drives a real OpenTofu or Terraform through the life
// of a small spot fleet against a simulator of its own, and fails unless every step does what it
// announces. `make demo` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

// limit bounds the whole demo, which takes well under a minute.
const limit = 10 * time.Minute

func main() {
	// SIGPIPE too: without it, a reader that goes away would end the demo before it has stopped the
	// simulator.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "\ndemo: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var paths [4]string
	flags.StringVar(&paths[0], "cli", "", "`path` of OpenTofu or Terraform, 1.11 or newer")
	flags.StringVar(&paths[1], "provider", "bin/terraform-provider-kec", "`path` of the provider")
	flags.StringVar(&paths[2], "kecsim", "bin/kecsim", "`path` of the simulator")
	flags.StringVar(&paths[3], "example", "examples/demo", "`folder` of the configuration")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || paths[0] == "" {
		return errors.New("usage: demo -cli PATH [-provider PATH] [-kecsim PATH] [-example FOLDER]")
	}
	if err := rehearsal.Locate(paths[:]); err != nil {
		return err
	}

	ctx, end := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not finished after %s", limit))
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	temp, err := os.MkdirTemp("", "kec-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()

	began := time.Now()
	d := &demo{out: stdout}
	if d.cli, err = newCLI(ctx, paths[0], paths[3], paths[1], temp, stdout); err != nil {
		return err
	}
	// A boot of two seconds instead of twenty is all that is sped up: ten minutes' notice stay ten
	// minutes of its clock.
	if d.sim, err = rehearsal.StartSimulator(ctx, paths[2], cancel, "-boot", "2s"); err != nil {
		return err
	}
	defer d.sim.Stop()
	if err := d.tell(ctx); err != nil {
		return err
	}
	d.summarise(time.Since(began), filepath.Dir(paths[1]))
	return nil
}
