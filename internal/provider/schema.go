package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Defaults of the provider block.
const (
	defaultMaxRetries        = 8
	defaultRequestTimeout    = time.Minute
	defaultRequestsPerSecond = 20.0
	maxRequestsPerSecond     = 1000.0
	shortestBackoff          = 200 * time.Millisecond
	longestBackoff           = 20 * time.Second
)

var preflightModes = []string{string(preflight.Error), string(preflight.Warn), string(preflight.Off)}

// model is the provider block.
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
				Optional: true,
				MarkdownDescription: fmt.Sprintf("Highest rate of requests per second, for all resources together, 0.1 to %g: a higher rate would hold nothing back, "+
					"because no run sends that many. It is lowered by itself while KEC throttles. Default: %g.", maxRequestsPerSecond, defaultRequestsPerSecond),
				Validators: []validator.Float64{float64validator.Between(0.1, maxRequestsPerSecond)},
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
