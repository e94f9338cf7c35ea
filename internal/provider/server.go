package provider

import (
	"context"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Serve is the process of the provider: it serves one CLI, or, attachable, whatever debugger or CLI attaches to it.
func Serve(version string, attachable bool) error {
	var options []tf6server.ServeOpt
	if attachable {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		quiet()
	}
	spend()
	// Not providerserver.Serve: that can serve protocol 5 as well, which would be a fiftieth of the program.
	return tf6server.Serve("registry.terraform.io/kingsoftcloud/kec", Server(version), options...)
}

// quiet writes no log that nobody reads. Left alone, the framework writes all it knows to the CLI, at the cost of a quarter of
// a plan, and the CLI throws it away unless TF_LOG or one of its kin asks for it.
func quiet() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "TF_LOG") && value != "" {
			return
		}
	}
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER_KEC"} {
		_ = os.Setenv(name, "off") // which fails for a bad name only
	}
}

// spend trades memory, of which little is used, for time: a plan makes much garbage and keeps hardly anything. Above the limit
// the collector works as hard as ever. GOGC and GOMEMLIMIT, where set, decide instead.
func spend() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(120 << 20)
	}
}

// Server returns a factory of servers of the provider, for protocol 6.
func Server(version string, options ...kec.Option) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		inner := providerserver.NewProtocol6(New(version, options...)())()
		if all, ok := inner.(everything); ok {
			return server{all}
		}
		return inner
	}
}

// everything is all that the framework's server can do, so that nothing of it is hidden.
type everything interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server is the framework's, which keeps the context of every request until the process is stopped: with the loggers and the
// stream that hang on it, some 60 KB for each instance of a plan. It gets contexts that let go of all that when the
// request is done, for the requests that come once for each instance.
type server struct{ everything }

func within[Q, R any](ctx context.Context, req Q, do func(context.Context, Q) (R, error)) (R, error) {
	borrowed := &lease{}
	borrowed.of.Store(&ctx)
	defer borrowed.of.Store(&ended)
	return do(borrowed, req)
}

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := within(ctx, req, s.everything.ValidateResourceConfig)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return within(ctx, req, s.everything.UpgradeResourceState)
}

func (s server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return within(ctx, req, s.everything.UpgradeResourceIdentity)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := within(ctx, req, s.everything.ReadResource)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := within(ctx, req, s.everything.PlanResourceChange)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := within(ctx, req, s.everything.ApplyResourceChange)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	resp, err := s.everything.ValidateDataResourceConfig(ctx, req)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := s.everything.ReadDataSource(ctx, req)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

// atTopLevel moves each diagnostic about an attribute inside another one to the top-level attribute. A CLI finds the line of a
// top-level attribute, and of an element of it, but not of what is deeper: it would show an error about data_disks[1].size_gib at
// the resource, or at another attribute of that name. The words of the diagnostic name what is meant.
func atTopLevel(diagnostics []*tfprotov6.Diagnostic) {
	for _, d := range diagnostics {
		steps := d.Attribute.Steps()
		for i, step := range steps {
			if _, name := step.(tftypes.AttributeName); name && i > 0 {
				d.Attribute = tftypes.NewAttributePathWithSteps(steps[:1])
				break
			}
		}
	}
}

// lease is a request's context while the request lasts, and a cancelled one after it.
type lease struct {
	of atomic.Pointer[context.Context]
}

var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (l *lease) Deadline() (time.Time, bool) { return (*l.of.Load()).Deadline() }
func (l *lease) Done() <-chan struct{}       { return (*l.of.Load()).Done() }
func (l *lease) Err() error                  { return (*l.of.Load()).Err() }
func (l *lease) Value(key any) any           { return (*l.of.Load()).Value(key) }
