// Command kecsim serves a local Kingsoft Cloud on a loopback port: the services kec, trade, vpc,
// tagv2 and iam over a world in memory. When it is ready it prints one line with its endpoint, and
// it serves until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

// version is set by the release build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "kecsim:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("kecsim", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:0", "loopback `address` to serve on; port 0 takes a free one")
	scale := flags.Float64("time-scale", 1, "simulated seconds per second")
	boot := flags.Duration("boot", 20*time.Second, "simulated time from the order to an active instance")
	quota := flags.Int("quota", 100, "how many instances the account may have")
	move := flags.Bool("move-prices", false, "let prices move every simulated hour")
	stock := flags.Bool("move-stock", false, "let stock shrink and return every simulated hour")
	show := flags.Bool("version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case *show:
		_, err := fmt.Fprintln(stdout, "kecsim", version)
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case !(*scale >= 0 && *scale <= 1e6):
		return errors.New("-time-scale must be between 0 and 1000000")
	case *boot < 0 || *quota < 0:
		return errors.New("-boot and -quota must not be below 0")
	}
	if err := loopback(*listen); err != nil {
		return err
	}
	sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), *scale)), kecsim.WithControl(control.Serve))
	sim.SetQuota(*quota)
	sim.Update(func(s *kecsim.Settings) {
		s.Boot, s.MovePrices, s.MoveStock = *boot, *move, *stock
		s.VisibleAfter = min(s.VisibleAfter, *boot)
	})
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(stderr, "", 0)}
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
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("-listen must be a loopback address such as 127.0.0.1:0, not %q", address)
	}
	return nil
}
