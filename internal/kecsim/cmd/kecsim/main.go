// Command kecsim serves a local Kingsoft Cloud on a loopback port: the services kec, trade, vpc,
// tagv2 and iam over a world in memory. When it is ready it prints one line with its endpoint, and
// it serves until it is interrupted. In a browser the endpoint is a page that shows and steers the
// world.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/examples/rehearsal"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/page"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/scenario"
)

// version is set by the build of the repository.
var version = ""

// built is the version: that of the build, or of the module that "go install" has fetched.
func built() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "dev"
}

const usage = `kecsim serves a local Kingsoft Cloud (KEC), without an account and without money, until it is interrupted.

  kecsim -listen 127.0.0.1:7480                               a world that stands by itself
  kecsim -scenario sold-out -time-scale 60                    a course of events, a minute in each second

It prints one line with its endpoint when it is ready. The provider uses it with endpoint = "http://127.0.0.1:7480", or
KEC_ENDPOINT; the keys are AKLTkecsim and kecsim-secret-key. In a browser the endpoint is a page that shows and steers
the world, and GET /_kecsim/ lists what a script can do there.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "kecsim:", err)
		os.Exit(2)
	}
}

// options are what the command line asks for.
type options struct {
	listen      string
	scale       float64
	scaled      bool // scale was given, and is not the default
	boot        time.Duration
	quota       int
	move, stock bool
	scenario    string
	version     bool
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("kecsim", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "loopback `address` to serve on; port 0 takes a free one")
	flags.Float64Var(&o.scale, "time-scale", 1, "simulated seconds per `second`; 0 stands still until the clock is advanced; goes before time_scale of the scenario")
	flags.DurationVar(&o.boot, "boot", 20*time.Second, "simulated `time` from the order to an active instance")
	flags.IntVar(&o.quota, "quota", 100, "how many `instances` the account may have")
	flags.BoolVar(&o.move, "move-prices", false, "let prices move every simulated hour")
	flags.BoolVar(&o.stock, "move-stock", false, "let stock shrink and return every simulated hour")
	flags.StringVar(&o.scenario, "scenario", "", "a `file` that sets up the world and scripts what happens, or the name of one that comes with kecsim: "+
		strings.Join(ownScenarios(), ", "))
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	flags.Visit(func(f *flag.Flag) { o.scaled = o.scaled || f.Name == "time-scale" })
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case !(o.scale >= 0 && o.scale <= 1e6):
		return o, errors.New("-time-scale must be between 0 and 1000000")
	case o.boot < 0 || o.quota < 0:
		return o, errors.New("-boot and -quota must not be below 0")
	}
	return o, loopback(o.listen)
}

// events reads a scenario: that of a file, or one of those that come with the simulator, by its
// name.
func events(name string) (*scenario.Scenario, error) {
	if name == "" {
		return &scenario.Scenario{}, nil
	}
	found, err := scenario.Load(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	if source, missing := rehearsal.Files.ReadFile(name + rehearsal.Suffix); missing == nil {
		return scenario.Read(name+rehearsal.Suffix, source)
	}
	return nil, fmt.Errorf("%w, and of the scenarios that come with kecsim there are %s", err, strings.Join(ownScenarios(), ", "))
}

// ownScenarios are the names of the scenarios that come with the simulator.
func ownScenarios() []string {
	files, err := fs.Glob(rehearsal.Files, "*"+rehearsal.Suffix)
	if err != nil {
		return nil
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, rehearsal.Suffix)
	}
	return files
}

// world is the simulator that the command line asks for.
func (o options) world(stderr io.Writer) (*kecsim.Server, error) {
	course, err := events(o.scenario)
	if err != nil {
		return nil, err
	}
	scale := o.scale
	if asked, given := course.TimeScale(); given && !o.scaled {
		scale = asked
	}
	sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), scale)), kecsim.WithControl(control.Serve))
	sim.SetQuota(o.quota)
	sim.Update(func(s *kecsim.Settings) {
		s.Boot, s.MovePrices, s.MoveStock = o.boot, o.move, o.stock
		s.VisibleAfter = min(s.VisibleAfter, o.boot)
	})
	course.Begin(sim, func(err error) { fmt.Fprintln(stderr, "kecsim:", err) })
	return sim, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.version {
		_, err := fmt.Fprintln(stdout, "kecsim", built())
		return err
	}
	sim, err := o.world(stderr)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: page.Over(sim), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(stderr, "", 0)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if _, err := fmt.Fprintf(stdout, "kecsim: ready at http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// Requests in flight have three seconds to finish.
	end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		return server.Close()
	}
	return nil
}

// loopback refuses an address that other machines can reach, because the control path has no
// password.
func loopback(address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	if !control.Loopback(address) {
		return fmt.Errorf("-listen must be a loopback address such as 127.0.0.1:0, not %q", address)
	}
	return nil
}
