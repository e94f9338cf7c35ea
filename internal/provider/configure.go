package provider

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

// Configure makes the session that resources and data sources share. While the region, a key or an
// endpoint is known only after apply, the session has no client, and each operation says so. Other
// values that are not known yet count as not set: they belong to no machine.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	shared := &session.Session{DefaultTags: config.DefaultTags, Unknown: waits(config)}
	resp.ResourceData, resp.DataSourceData, resp.ListResourceData, resp.ActionData = shared, shared, shared, shared
	defer p.configured.Store(shared)
	if resp.Diagnostics.HasError() {
		return
	}

	region := required(config.Region, "region", "region", "KSYUN_REGION", &resp.Diagnostics)
	keys := ksyun.Credentials{
		AccessKey:     required(config.AccessKey, "access_key", "access key", "KSYUN_ACCESS_KEY", &resp.Diagnostics),
		SecretKey:     required(config.SecretKey, "secret_key", "secret key", "KSYUN_SECRET_KEY", &resp.Diagnostics),
		SecurityToken: setting(config.SecurityToken, "KSYUN_SECURITY_TOKEN"),
	}
	options := p.clientOptions(config, &resp.Diagnostics)
	mode := preflightMode(config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if len(shared.Unknown) > 0 {
		shared.Preflight = preflight.Blind(mode)
		return
	}
	client, err := kec.New(region, keys, options...)
	if err != nil {
		resp.Diagnostics.AddError("The provider cannot be configured", sentence(err)+"\n\nCorrect it in the provider block or in the environment.")
		return
	}
	offers := market.NewSnapshot(client)
	explainer := failure.NewExplainer(client, offers)
	shared.API, shared.Machines, shared.Region, shared.Market = client, machines.New(client), region, offers
	shared.Preflight = preflight.New(client, mode, region, offers)
	shared.Here = session.OriginOf(region, client.Host(ksyun.KEC), keys.AccessKey)
	shared.Explainer, shared.Refusals = explainer, failure.NewRefusals(explainer)
}

// waits are the attributes without which nothing can be asked, and which are known only after
// apply.
func waits(config model) []string {
	var names []string
	for _, of := range []struct {
		name  string
		value attr.Value
	}{
		{"region", config.Region}, {"access_key", config.AccessKey}, {"secret_key", config.SecretKey}, {"security_token", config.SecurityToken},
		{"endpoint", config.Endpoint}, {"endpoints", config.Endpoints},
	} {
		if of.value.IsUnknown() {
			names = append(names, of.name)
		}
	}
	all := config.Endpoints.Attributes()
	for _, service := range slices.Sorted(maps.Keys(all)) {
		if all[service].IsUnknown() {
			names = append(names, "endpoints."+service)
		}
	}
	return names
}

// setting is a value of the provider block or, where the block has none, of the environment.
func setting(value types.String, variable string) string {
	if s := value.ValueString(); s != "" {
		return s
	}
	return os.Getenv(variable)
}

// required is a setting that the provider cannot do without. One that is not known yet is not
// missing.
func required(value types.String, attribute, what, variable string, diags *diag.Diagnostics) string {
	s := setting(value, variable)
	if s == "" && !value.IsUnknown() {
		diags.AddAttributeError(path.Root(attribute), "Missing "+what,
			fmt.Sprintf("The provider has no %s.\n\nSet %s in the provider block, or the environment variable %s.", what, attribute, variable))
	}
	return s
}

// clientOptions are the options of the client that the configuration asks for, and those of tests
// after them.
func (p *Provider) clientOptions(config model, diags *diag.Diagnostics) []ksyun.Option {
	options := []ksyun.Option{
		ksyun.WithUserAgent(p.userAgent()),
		ksyun.WithTrace(trace),
		endpoints(config, diags),
	}
	if file := setting(config.CAFile, "KEC_CA_FILE"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			diags.AddAttributeError(path.Root("ca_file"), "CA file cannot be read",
				sentence(err)+"\n\nGive the path of a PEM file in ca_file or KEC_CA_FILE.")
		}
		options = append(options, ksyun.WithRootCA(pem))
	}
	retries := int64(defaultMaxRetries)
	if n := config.MaxRetries; !n.IsNull() && !n.IsUnknown() {
		retries = n.ValueInt64()
	}
	timeout := defaultRequestTimeout
	if d, err := time.ParseDuration(config.RequestTimeout.ValueString()); err == nil {
		timeout = d
	}
	rate := defaultRequestsPerSecond
	if r := config.RequestsPerSecond; !r.IsNull() && !r.IsUnknown() {
		rate = r.ValueFloat64()
	}
	options = append(options, ksyun.WithRetries(int(retries), shortestBackoff, longestBackoff), ksyun.WithRequestTimeout(timeout), ksyun.WithRate(rate))
	return append(options, p.options...)
}

// userAgent tells KEC which build asks, and what the user appends to say whose pipeline it is.
func (p *Provider) userAgent() string {
	agent := fmt.Sprintf("terraform-provider-kec/%s (%s; %s)", p.version, runtime.GOOS, runtime.GOARCH)
	if more := strings.TrimSpace(os.Getenv("TF_APPEND_USER_AGENT")); more != "" {
		agent += " " + more
	}
	return agent
}

// preflightMode is how a plan is checked. It is checked here, because it may come from the
// environment, which no validator sees.
func preflightMode(config model, diags *diag.Diagnostics) preflight.Mode {
	mode := preflight.Mode(setting(config.Preflight, "KEC_PREFLIGHT"))
	switch {
	case mode == "":
		return preflight.Error
	case !slices.Contains(preflightModes, string(mode)):
		diags.AddAttributeError(path.Root("preflight"), "Not a way to check a plan", fmt.Sprintf(
			"It is %q.\n\nSet preflight in the provider block, or the environment variable KEC_PREFLIGHT, to one of: %s.", mode, strings.Join(preflightModes, ", ")))
	}
	return mode
}

// endpoints are the URLs of the services. The one for all services is checked here, because it may
// come from the environment, which no validator sees.
func endpoints(config model, diags *diag.Diagnostics) ksyun.Option {
	all := setting(config.Endpoint, "KEC_ENDPOINT")
	if all != "" {
		if err := ksyun.CheckEndpoint(all); err != nil {
			diags.AddAttributeError(path.Root("endpoint"), "Endpoint cannot be used",
				sentence(err)+"\n\nCorrect endpoint in the provider block, or the environment variable KEC_ENDPOINT.")
		}
	}
	of := func(service string) string {
		if s, ok := config.Endpoints.Attributes()[service].(types.String); ok && s.ValueString() != "" {
			return s.ValueString()
		}
		return all
	}
	return ksyun.WithEndpoints(ksyun.Endpoints{KEC: of("kec"), Trade: of("trade"), VPC: of("vpc"), Tag: of("tag"), IAM: of("iam")})
}

// trace logs what a request was and what came of it, and never a body, a header or a key.
func trace(ctx context.Context, t ksyun.Trace) {
	fields := map[string]any{
		"service": t.Service, "action": t.Action, "request_id": t.RequestID, "status": t.Status,
		"try": t.Try, "duration_ms": t.Duration.Milliseconds(), "code": t.Code,
	}
	if t.Err != nil {
		fields["error"] = t.Err.Error()
	}
	tflog.Debug(ctx, "KEC request", fields)
}
