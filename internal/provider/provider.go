// Package provider is the provider block: credentials, endpoints and pacing,
// and the one client that all resources of the process share.
package provider

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/catalog"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotorder"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Defaults of the provider block.
const (
	defaultMaxRetries        = 8
	defaultRequestTimeout    = time.Minute
	defaultRequestsPerSecond = 20.0
	shortestBackoff          = 200 * time.Millisecond
	longestBackoff           = 20 * time.Second
)

var preflightModes = []string{string(preflight.Error), string(preflight.Warn), string(preflight.Off)}

// typeName begins the names of all resources and data sources.
const typeName = "kec"

// Provider implements the kec provider.
type Provider struct {
	version string
	options []ksyun.Option // of tests: the simulator's clock

	configured atomic.Pointer[session.Session]
}

// New returns a factory of the provider. The options come after those that the
// configuration asks for.
func New(version string, options ...ksyun.Option) func() provider.Provider {
	return func() provider.Provider { return &Provider{version: version, options: options} }
}

type model struct {
	Region            types.String  `tfsdk:"region"`
	AccessKey         types.String  `tfsdk:"access_key"`
	SecretKey         types.String  `tfsdk:"secret_key"`
	SecurityToken     types.String  `tfsdk:"security_token"`
	Endpoint          types.String  `tfsdk:"endpoint"`
	Endpoints         types.Object  `tfsdk:"endpoints"`
	CAFile            types.String  `tfsdk:"ca_file"`
	MaxRetries        types.Int64   `tfsdk:"max_retries"`
	RequestTimeout    types.String  `tfsdk:"request_timeout"`
	RequestsPerSecond types.Float64 `tfsdk:"requests_per_second"`
	DefaultTags       types.Map     `tfsdk:"default_tags"`
	Preflight         types.String  `tfsdk:"preflight"`
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = typeName
	resp.Version = p.version
}

// Schema describes the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	service := func(name, host string) schema.Attribute {
		return schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: fmt.Sprintf("URL for the %s service. Default: `endpoint`, else `https://%s`.", name, host),
			Validators:          []validator.String{endpoint{}},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Declare Spot Instances of Kingsoft Cloud Elastic Compute (KEC) and read why a spot order failed.",
		Attributes: map[string]schema.Attribute{
			"region": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Region, such as `cn-beijing-6`. Valid values: the console's region list. Default: `KSYUN_REGION`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"access_key": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Access key id. Default: `KSYUN_ACCESS_KEY`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"secret_key": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Secret access key. Default: `KSYUN_SECRET_KEY`, which keeps it out of files.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"security_token": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Token of temporary credentials. Default: `KSYUN_SECURITY_TOKEN`, else none.",
			},
			"endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "One URL for every service: a simulator, a proxy. https, or http to a loopback host; no user info, path or query. " +
					"Default: `KEC_ENDPOINT`, else each service's own host.",
				Validators: []validator.String{endpoint{}},
			},
			"endpoints": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "One URL per service; wins over `endpoint`. Default: none.",
				Attributes: map[string]schema.Attribute{
					"kec":   service("compute", "kec.api.ksyun.com"),
					"trade": service("order", "trade.api.ksyun.com"),
					"vpc":   service("network", "vpc.api.ksyun.com"),
					"tag":   service("tag", "tagv2.api.ksyun.com"),
					"iam":   service("project", "iam.api.ksyun.com"),
				},
			},
			"ca_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "PEM file with root certificates to trust beside the system's. Default: `KEC_CA_FILE`, else none.",
			},
			"max_retries": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "How often a request that is safe to repeat is repeated, 0 to 50. A launch is repeated only when nothing has come of it. All " +
					"repetitions of a run share one budget, so that a service in trouble is not buried under them. " +
					fmt.Sprintf("Default: %d.", defaultMaxRetries),
				Validators: []validator.Int64{int64validator.Between(0, 50)},
			},
			"request_timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("Longest time for one attempt of one request, as a duration such as `30s`. Default: `%s`.", defaultRequestTimeout),
				Validators:          []validator.String{duration{}},
			},
			"requests_per_second": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("Highest rate of requests per second, for all resources together; it is lowered by itself while KEC throttles. Default: %g.", defaultRequestsPerSecond),
				Validators:          []validator.Float64{float64validator.AtLeast(0.1)},
			},
			"default_tags": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Tags for every instance; a resource's own `tags` win. Keys up to 128 characters, not starting with `ksc`; values up to 255. Default: none.",
				Validators:          wizard.TagValidators(),
			},
			"preflight": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How a plan is checked against what KEC offers now, before anything is ordered: `error` fails a plan that KEC cannot serve, " +
					"`warn` warns of it, `off` looks nothing up. See the guide *When a spot order fails*. Default: `KEC_PREFLIGHT`, else `error`.",
				Validators: []validator.String{stringvalidator.OneOf(preflightModes...)},
			},
		},
	}
}

// Configure makes the client. A value that is known only after apply leaves the
// provider without one: resources then plan without asking KEC.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	shared := &session.Session{DefaultTags: config.DefaultTags}
	resp.ResourceData, resp.DataSourceData = shared, shared
	defer p.configured.Store(shared)
	if resp.Diagnostics.HasError() || !req.Config.Raw.IsFullyKnown() {
		return
	}

	setting := func(value types.String, variable string) string {
		if s := value.ValueString(); s != "" {
			return s
		}
		return os.Getenv(variable)
	}
	required := func(attribute, what, variable string, value types.String) string {
		s := setting(value, variable)
		if s == "" {
			resp.Diagnostics.AddAttributeError(path.Root(attribute), "Missing "+what,
				fmt.Sprintf("The provider has no %s.\n\nSet %s in the provider block, or the environment variable %s.", what, attribute, variable))
		}
		return s
	}
	region := required("region", "region", "KSYUN_REGION", config.Region)
	keys := ksyun.Credentials{
		AccessKey:     required("access_key", "access key", "KSYUN_ACCESS_KEY", config.AccessKey),
		SecretKey:     required("secret_key", "secret key", "KSYUN_SECRET_KEY", config.SecretKey),
		SecurityToken: setting(config.SecurityToken, "KSYUN_SECURITY_TOKEN"),
	}

	options := []ksyun.Option{
		ksyun.WithUserAgent(fmt.Sprintf("terraform-provider-kec/%s (%s; %s)", p.version, runtime.GOOS, runtime.GOARCH)),
		ksyun.WithTrace(trace),
		p.endpoints(config, setting(config.Endpoint, "KEC_ENDPOINT"), resp),
	}
	if file := setting(config.CAFile, "KEC_CA_FILE"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("ca_file"), "CA file cannot be read",
				sentence(err)+"\n\nGive the path of a PEM file in ca_file or KEC_CA_FILE.")
		}
		options = append(options, ksyun.WithRootCA(pem))
	}
	mode := preflight.Mode(setting(config.Preflight, "KEC_PREFLIGHT"))
	switch {
	case mode == "":
		mode = preflight.Error
	case !slices.Contains(preflightModes, string(mode)):
		resp.Diagnostics.AddAttributeError(path.Root("preflight"), "Not a way to check a plan", fmt.Sprintf(
			"It is %q.\n\nSet preflight in the provider block, or the environment variable KEC_PREFLIGHT, to one of: %s.", mode, strings.Join(preflightModes, ", ")))
	}
	retries := int64(defaultMaxRetries)
	if !config.MaxRetries.IsNull() {
		retries = config.MaxRetries.ValueInt64()
	}
	timeout := defaultRequestTimeout
	if d, err := time.ParseDuration(config.RequestTimeout.ValueString()); err == nil {
		timeout = d
	}
	rate := defaultRequestsPerSecond
	if !config.RequestsPerSecond.IsNull() {
		rate = config.RequestsPerSecond.ValueFloat64()
	}
	if resp.Diagnostics.HasError() {
		return
	}
	options = append(options, ksyun.WithRetries(int(retries), shortestBackoff, longestBackoff), ksyun.WithRequestTimeout(timeout), ksyun.WithRate(rate))

	client, err := kec.New(region, keys, append(options, p.options...)...)
	if err != nil {
		resp.Diagnostics.AddError("The provider cannot be configured", sentence(err)+"\n\nCorrect it in the provider block or in the environment.")
		return
	}
	explainer := failure.NewExplainer(client)
	shared.API, shared.Machines, shared.Region, shared.Preflight = client, machines.New(client), region, preflight.New(client, mode)
	shared.Explainer, shared.Refusals = explainer, failure.NewRefusals(explainer)
}

// endpoints checks what may come from the environment, which no validator sees.
func (p *Provider) endpoints(config model, all string, resp *provider.ConfigureResponse) ksyun.Option {
	if all != "" {
		if err := ksyun.CheckEndpoint(all); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("endpoint"), "Endpoint cannot be used",
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

// trace logs what a request was and how it went: never a body, a header or a key.
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

// Resources lists the resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{spotinstance.New}
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{spotorder.New, catalog.AvailabilityZones}
}

// session is what Configure has given to the framework, nil before that.
func (p *Provider) session() any {
	if s := p.configured.Load(); s != nil {
		return s
	}
	return nil
}

// unchanged are the resources whose unchanged instances need no framework to be planned.
func (p *Provider) unchanged() map[string]*unchanged {
	ctx, all := context.Background(), map[string]*unchanged{}
	for _, create := range p.Resources(ctx) {
		var resp resource.MetadataResponse
		create().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: typeName}, &resp)
		if u := newUnchanged(ctx, create); u != nil {
			all[resp.TypeName] = u
		}
	}
	return all
}
