package acctest

import (
	"context"
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// Protocol is a configured provider that a test talks to as a CLI does, for what no
// CLI at hand can ask for.
type Protocol struct {
	Server interface {
		tfprotov6.ProviderServer
		tfprotov6.ListResourceServer
		tfprotov6.ActionServer
	}
	Schemas *tfprotov6.GetProviderSchemaResponse
}

// NewProtocol configures a provider for a simulator, with more values of the provider
// block. It lives on the simulator's clock, unless options say otherwise: they take the
// place of all that is usual.
func NewProtocol(t *testing.T, sim *kecsim.Server, block map[string]tftypes.Value, options ...ksyun.Option) *Protocol {
	t.Helper()
	if len(options) == 0 {
		options = []ksyun.Option{
			ksyun.WithHTTPTransport(sim.Transport()), ksyun.WithClock(sim.Now, sim.Sleep), ksyun.WithRate(0),
			ksyun.WithRetries(4, time.Millisecond, 10*time.Millisecond),
		}
	}
	p, ok := &Protocol{}, false
	if p.Server, ok = provider.Server("test", options...)().(interface {
		tfprotov6.ProviderServer
		tfprotov6.ListResourceServer
		tfprotov6.ActionServer
	}); !ok {
		t.Fatal("the provider has no list resources or no actions")
	}
	var err error
	if p.Schemas, err = p.Server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	values := map[string]tftypes.Value{}
	for name, text := range map[string]string{"region": kecsim.Region, "access_key": kecsim.AccessKey, "secret_key": kecsim.SecretKey} {
		values[name] = tftypes.NewValue(tftypes.String, text)
	}
	maps.Copy(values, block)
	resp, err := p.Server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: Dynamic(t, p.Schemas.Provider, values)})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp)
	}
	return p
}

// Dynamic is a value of a schema. What values lack is null.
func Dynamic(t *testing.T, of *tfprotov6.Schema, values map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	object, _ := of.ValueType().(tftypes.Object)
	all := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, typ := range object.AttributeTypes {
		all[name] = tftypes.NewValue(typ, nil)
	}
	maps.Copy(all, values)
	v, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, all))
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

// List asks for a list of kec_spot_instance; a limit of 0 is none.
func (p *Protocol) List(
	ctx context.Context, t *testing.T, values map[string]tftypes.Value, limit int64, whole bool,
) iter.Seq[tfprotov6.ListResourceResult] {
	t.Helper()
	const name = "kec_spot_instance"
	stream, err := p.Server.ListResource(ctx, &tfprotov6.ListResourceRequest{
		TypeName: name, Config: Dynamic(t, p.Schemas.ListResourceSchemas[name], values), Limit: limit, IncludeResource: whole,
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream.Results
}

// Invoke invokes an action.
func (p *Protocol) Invoke(ctx context.Context, t *testing.T, action string, values map[string]tftypes.Value) iter.Seq[tfprotov6.InvokeActionEvent] {
	t.Helper()
	stream, err := p.Server.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{
		ActionType: action, Config: Dynamic(t, p.Schemas.ActionSchemas[action].Schema, values),
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream.Events
}

// Said is each diagnostic as "ERROR summary | detail".
func Said(all []*tfprotov6.Diagnostic) []string {
	var lines []string
	for _, d := range all {
		lines = append(lines, d.Severity.String()+" "+d.Summary+" | "+d.Detail)
	}
	return lines
}
