// Command bench measures what the provider costs: requests, seconds, memory and CPU. It runs a real
// OpenTofu or Terraform against a simulator that delays each answer. It prints a page of tables,
// and fails if the provider sends KEC more requests than it may. `make bench` runs it.
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
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

// limit is the longest time for the whole run, which takes a few minutes.
const limit = time.Hour

func main() {
	if provider := os.Getenv(wrappedVariable); provider != "" {
		os.Exit(wrap(provider, os.Getenv(usageVariable)))
	}
	// SIGPIPE is caught too: otherwise a reader that goes away ends the run before the simulator is
	// stopped.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "\nbench: %v\n", err)
		os.Exit(1)
	}
}

// settings are what is measured, and how.
type settings struct {
	sizes       []int
	latency     time.Duration // of each answer of the simulator
	boot        time.Duration // from the order to an active instance
	parallelism int
	runs        int  // how often a plan is repeated
	full        bool // create and destroy large fleets too
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var paths [3]string
	flags.StringVar(&paths[0], "cli", "", "`path` of OpenTofu or Terraform, 1.11 or newer")
	flags.StringVar(&paths[1], "provider", "bin/terraform-provider-kec", "`path` of the provider")
	flags.StringVar(&paths[2], "kecsim", "bin/kecsim", "`path` of the simulator")
	var set settings
	sizes := flags.String("n", "1,10,100,1000", "`numbers` of machines")
	flags.DurationVar(&set.latency, "latency", 50*time.Millisecond, "time that the simulator takes for each request")
	flags.DurationVar(&set.boot, "boot", 2*time.Second, "time from the order to an active instance")
	flags.IntVar(&set.parallelism, "parallelism", 10, "of the CLI")
	flags.IntVar(&set.runs, "runs", 3, "how often each plan is repeated; one that takes long is not")
	flags.BoolVar(&set.full, "full", false, fmt.Sprintf("create and destroy more than %d machines under measurement too", manyMachines))
	out := flags.String("out", "", "`folder` in which to write benchmarks.md and benchmarks.svg; the page is printed in any case")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || paths[0] == "" {
		return errors.New("usage: bench -cli PATH [-n NUMBERS] [-latency TIME] [-boot TIME] [-parallelism N] [-runs N] [-full] [-out FOLDER]")
	}
	if set.sizes, err = readSizes(*sizes); err != nil {
		return err
	}
	if set.latency < 0 || set.boot < 0 || set.parallelism < 1 || set.runs < 1 {
		return errors.New("-latency and -boot must not be below 0, -parallelism and -runs not below 1")
	}
	if err := rehearsal.Locate(paths[:]); err != nil {
		return err
	}

	ctx, end := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not finished after %s", limit))
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	temp, err := os.MkdirTemp("", "kec-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()

	b := &bench{settings: set, cli: paths[0], provider: paths[1], kecsim: paths[2], temp: temp, progress: stderr, ended: cancel}
	r, err := b.measure(ctx)
	if err != nil {
		return err
	}
	text := page(r)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if *out != "" {
		for name, content := range map[string]string{"benchmarks.md": text, "benchmarks.svg": plot(r)} {
			if err := os.WriteFile(filepath.Join(*out, name), []byte(content), 0o644); err != nil { //nolint:gosec // pages that everybody may read
				return err
			}
		}
	}
	return exceeded(limits(r))
}

// readSizes reads the numbers of machines, which must be in ascending order.
func readSizes(text string) ([]int, error) {
	var sizes []int
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 || n > 10000 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("-n must be numbers between 1 and 10000 that grow, such as 1,10,100, not %q", text)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
