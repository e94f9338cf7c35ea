// Command conform asks a service whether the numbered facts of docs/notes/api-facts.md hold: a
// simulator that it starts, or KEC itself, for a person with an account and KEC_CONFORM=1. It
// prints a table and writes a patch of that page. `make conform` runs it, and `make sweep` its
// -sweep, which ends what a run has left behind.
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
	"strings"
	"syscall"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/conform"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// limit bounds a whole run, in which a machine lives for minutes. What was bought is ended after
// it.
const limit = 30 * time.Minute

func main() {
	// The signals are caught until the end, so that none of them keeps the machine from being ended.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "\nconform: %v\n", err)
		os.Exit(1)
	}
}

// settings are what the command line asks for.
type settings struct {
	kecsim, facts, patch, zone string
	sweep, free, unasked       bool
}

func parse(args []string, stderr io.Writer) (set settings, err error) {
	flags := flag.NewFlagSet("conform", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&set.kecsim, "kecsim", "bin/kecsim", "`path` of the simulator, which is asked unless KEC_ENDPOINT or KEC_CONFORM=1 names another service")
	flags.StringVar(&set.facts, "facts", "docs/notes/api-facts.md", "`path` of the list of facts")
	flags.StringVar(&set.patch, "patch", "build/conform.patch", "`path` of the patch of it that is written")
	flags.StringVar(&set.zone, "zone", "", "`zone` in which to look and buy; else the first with a subnet and a security group")
	flags.BoolVar(&set.free, "free", false, "ask the free checks only")
	flags.BoolVar(&set.sweep, "sweep", false, "only end the machines that runs have left behind")
	flags.BoolVar(&set.unasked, "unasked", false, "only list the facts that no check asks, and why")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return set, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	set, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if set.unasked {
		_, err := io.WriteString(stdout, conform.Unasked())
		return err
	}
	ctx, end := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not finished after %s", limit))
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	to, err := chosen(ctx, set, getenv, cancel)
	if err != nil {
		return err
	}
	defer to.stop()
	permission, err := conform.Permit(to.Endpoint, getenv)
	if err != nil {
		return err
	}
	to.Zone, to.MaxCNY, to.Paid, to.Progress = set.zone, permission.MaxCNY, permission.Paid && !set.free, stderr
	if set.sweep {
		return sweep(ctx, to.Options, stdout)
	}
	report, err := conform.Run(ctx, to.Options)
	if report == nil {
		return err
	}
	if _, printErr := io.WriteString(stdout, "\n"+report.Table()); printErr != nil {
		err = errors.Join(err, printErr)
	}
	if permission.Real && !permission.Paid && !set.free {
		_, _ = fmt.Fprintln(stdout, "Nothing was bought: KEC_CONFORM_PAID=1 asks the paid checks, too.")
	}
	return errors.Join(err, report.Err(), writePatch(report, set, permission.Real, stdout))
}

// sweep ends what runs have left behind.
func sweep(ctx context.Context, o conform.Options, stdout io.Writer) error {
	gone, err := conform.Sweep(ctx, o)
	if len(gone) > 0 {
		_, _ = fmt.Fprintf(stdout, "Ended and proven gone: %s.\n", strings.Join(gone, ", "))
	} else if err == nil {
		_, _ = fmt.Fprintln(stdout, "No run has left a machine behind.")
	}
	return err
}

// writePatch writes the patch of the list of facts, or takes an old one away where there is nothing
// to change.
func writePatch(report *conform.Report, set settings, seen bool, stdout io.Writer) error {
	page, err := os.ReadFile(set.facts)
	if err != nil {
		return err
	}
	patch := report.Patch(filepath.ToSlash(set.facts), string(page), time.Now().UTC().Format(time.DateOnly), seen)
	if patch == "" {
		if err := os.Remove(set.patch); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		_, err = fmt.Fprintf(stdout, "Nothing to change in %s.\n", set.facts)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(set.patch), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(set.patch, []byte(patch), 0o600); err != nil { //nolint:gosec // the user names the file
		return err
	}
	_, err = fmt.Fprintf(stdout, "What it changes in %s is in %s: git apply %s\n", set.facts, set.patch, set.patch)
	return err
}

// keys are those of the environment, or the simulator's where it has none.
func keys(getenv func(string) string) ksyun.Credentials {
	k := ksyun.Credentials{AccessKey: getenv("KSYUN_ACCESS_KEY"), SecretKey: getenv("KSYUN_SECRET_KEY"), SecurityToken: getenv("KSYUN_SECURITY_TOKEN")}
	if k == (ksyun.Credentials{}) {
		return simulatorKeys
	}
	return k
}
