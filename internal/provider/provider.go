// Package provider is the provider: its block, its resources, data sources, list resources and
// actions, and the server that a CLI talks to.
package provider

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/catalog"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotaction"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotfleet"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotorder"
)

// typeName is the first part of the name of everything that the provider has.
const typeName = "kec"

// Provider implements the kec provider.
type Provider struct {
	version string
	options []ksyun.Option // of tests, such as the simulator's clock

	configured atomic.Pointer[session.Session] // nil before Configure
}

// New returns a factory of the provider. The options come after those that the configuration asks
// for.
func New(version string, options ...ksyun.Option) func() provider.Provider {
	return func() provider.Provider { return &Provider{version: version, options: options} }
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = typeName
	resp.Version = p.version
}

// Resources lists the resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{spotinstance.New, spotfleet.New}
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		spotorder.New, catalog.AvailabilityZones, catalog.Images, catalog.InstanceTypes, catalog.SpotInstances, catalog.SpotOffers, catalog.SpotPrice,
		catalog.Subnets,
	}
}

// ListResources lists the list resources.
func (p *Provider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{spotinstance.NewList}
}

// Actions lists the actions.
func (p *Provider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{spotaction.NewStart, spotaction.NewStop, spotaction.NewReboot}
}

// session is what Configure has given to the framework. It is nil before that, without a type, as
// the framework has it.
func (p *Provider) session() any {
	if s := p.configured.Load(); s != nil {
		return s
	}
	return nil
}

// unchanged are the planners of unchanged instances, by resource type.
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
