package provider

import (
	"context"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Serve is the process of the provider. It serves the CLI that has started it, or, if it is
// attachable, any debugger or CLI that attaches to it.
func Serve(version string, attachable bool) error {
	var options []tf6server.ServeOpt
	if attachable {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		silenceUnreadLogs()
	}
	tuneCollector()
	// providerserver.Serve would do, but it also brings protocol 5, which would be a fiftieth of
	// the program.
	return tf6server.Serve("registry.terraform.io/kingsoftcloud/kec", Server(version), options...)
}

// silenceUnreadLogs switches off the logs that nobody reads. By default the framework sends all its
// logs to the CLI, which takes a quarter of the time of a plan, and the CLI throws them away unless
// a variable such as TF_LOG asks for them.
func silenceUnreadLogs() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "TF_LOG") && value != "" {
			return
		}
	}
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER_KEC"} {
		_ = os.Setenv(name, "off") // it fails for a bad name only
	}
}

// tuneCollector lets the garbage collector run less often, because a plan makes much garbage and
// keeps little of it. Above 120 MiB the collector works as usual. GOGC and GOMEMLIMIT, where set,
// decide instead.
func tuneCollector() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(120 << 20)
	}
}

// Server returns a factory of servers of the provider, for protocol 6.
func Server(version string, options ...ksyun.Option) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &Provider{version: version, options: options}
		inner := providerserver.NewProtocol6(p)()
		if all, ok := inner.(allServers); ok {
			return server{all, p, sync.OnceValue(p.unchanged)}
		}
		return inner
	}
}

// allServers is all that the framework's server can do, so that a server which embeds it hides
// nothing of it.
type allServers interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server is the framework's, with five differences: the requests that come once for each instance
// have borrowed contexts, diagnostics are shown at top-level attributes, a fraction for a whole
// number is refused in plain words, an unchanged instance is planned without the framework, and an
// action that nobody listens to any more ends.
type server struct {
	allServers

	provider  *Provider
	unchanged func() map[string]*unchanged // by resource type
}

// withBorrowedContext makes a request with a context that lets go of everything when the request is
// done. The framework keeps the context of every request until the process is stopped: with the
// loggers and the stream that hang on it, some 60 KB for each instance of a plan. It can go when
// the framework forgets the contexts of requests that are done.
func withBorrowedContext[Q, R any](ctx context.Context, req Q, do func(context.Context, Q) (R, error)) (R, error) {
	borrowed := &borrowedContext{}
	borrowed.of.Store(&ctx)
	defer borrowed.of.Store(&ended)
	return do(borrowed, req)
}

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := withBorrowedContext(ctx, req, s.allServers.ValidateResourceConfig)
	if err == nil {
		resp.Diagnostics = s.provider.fractions(req.TypeName, req.Config, resp.Diagnostics)
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return withBorrowedContext(ctx, req, s.allServers.UpgradeResourceState)
}

func (s server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return withBorrowedContext(ctx, req, s.allServers.UpgradeResourceIdentity)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	resp, err := withBorrowedContext(ctx, req, s.allServers.ReadResource)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if u := s.unchanged()[req.TypeName]; u != nil {
		if resp := u.plan(ctx, req, s.provider.session()); resp != nil {
			return resp, nil
		}
	}
	resp, err := withBorrowedContext(ctx, req, s.allServers.PlanResourceChange)
	if err == nil {
		resp.Diagnostics = s.provider.fractions(req.TypeName, req.Config, resp.Diagnostics)
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := withBorrowedContext(ctx, req, s.allServers.ApplyResourceChange)
	if err == nil {
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	resp, err := s.allServers.ValidateDataResourceConfig(ctx, req)
	if err == nil {
		resp.Diagnostics = s.provider.fractions(req.TypeName, req.Config, resp.Diagnostics)
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

func (s server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := s.allServers.ReadDataSource(ctx, req)
	if err == nil {
		resp.Diagnostics = s.provider.fractions(req.TypeName, req.Config, resp.Diagnostics)
		atTopLevel(resp.Diagnostics)
	}
	return resp, err
}

// InvokeAction ends the action when nobody takes its events any more, and returns from them when it
// has ended. Without that an action would wait for ever for somebody to take the next one. It can
// go when the framework gives up on events that nobody takes.
func (s server) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := s.allServers.InvokeAction(ctx, req)
	if err != nil {
		cancel()
		return nil, err
	}
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		defer cancel()
		listening := true
		for event := range stream.Events {
			if listening = listening && push(event); !listening {
				cancel()
			}
		}
	}}, nil
}

// atTopLevel moves each diagnostic about an attribute inside another one to the top-level
// attribute. A CLI finds the line of a top-level attribute, and of an element of it, but not of
// what is deeper: it would show an error about data_disks[1].size_gib at the resource, or at
// another attribute of that name. The words of the diagnostic name what is meant.
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

// borrowedContext is a request's context while the request lasts, and a cancelled one after it.
type borrowedContext struct {
	of atomic.Pointer[context.Context]
}

var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (b *borrowedContext) Deadline() (time.Time, bool) { return (*b.of.Load()).Deadline() }
func (b *borrowedContext) Done() <-chan struct{}       { return (*b.of.Load()).Done() }
func (b *borrowedContext) Err() error                  { return (*b.of.Load()).Err() }
func (b *borrowedContext) Value(key any) any           { return (*b.of.Load()).Value(key) }
