package chaos

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

func said(resp *tfprotov6.ReadResourceResponse) []string {
	var all []string
	for _, d := range resp.Diagnostics {
		all = append(all, d.Severity.String(), d.Summary, d.Detail, d.Attribute.String())
	}
	return all
}

var requestID = regexp.MustCompile(`request KEC-[0-9a-f-]+`)

// The provider reads an instance past most of the framework; what comes of it must be the same to the last byte.
func TestReads_areAsTheFrameworkMakesThem(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sim := newWorld(1)
	sim.SetQuota(1000)
	options := func() []kec.Option {
		return []kec.Option{kec.WithHTTPTransport(sim.Transport()), kec.WithClock(sim.Now, sim.Sleep), kec.WithRate(0), kec.WithoutGathering()}
	}
	c, err := newCore(account("off"), options)
	must(t, err)
	must(t, c.start(ctx))
	whole := providerserver.NewProtocol6(provider.New("test", options()...)())()
	config, err := tfprotov6.NewDynamicValue(c.provider, object(c.provider, c.config))
	must(t, err)
	if resp, err := whole.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &config}); err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp)
	}

	compare := func(what string, req *tfprotov6.ReadResourceRequest, speaks, gone bool) {
		t.Helper()
		got, err := c.server.ReadResource(ctx, req)
		must(t, err)
		want, err := whole.ReadResource(ctx, req)
		must(t, err)
		if (len(want.Diagnostics) > 0) != speaks || (want.NewState != nil && c.read(want.NewState).IsNull()) != gone {
			t.Errorf("%s: not the case that was meant: %v", what, want.Diagnostics)
		}
		for _, d := range slices.Concat(got.Diagnostics, want.Diagnostics) {
			d.Detail = requestID.ReplaceAllString(d.Detail, "") // each has its own
		}
		if !reflect.DeepEqual(got.Diagnostics, want.Diagnostics) || !bytes.Equal(got.Private, want.Private) || !reflect.DeepEqual(got.NewIdentity, want.NewIdentity) {
			t.Errorf("%s: private state %s, identity %v, said %q\nwant %s, %v, %q",
				what, got.Private, got.NewIdentity, said(got), want.Private, want.NewIdentity, said(want))
		}
		if (got.NewState == nil) != (want.NewState == nil) || !c.read(got.NewState).Equal(c.read(want.NewState)) {
			t.Errorf("%s: the state is\n%s\nwant\n%s", what, c.read(got.NewState), c.read(want.NewState))
		}
	}
	request := func(e *entry) *tfprotov6.ReadResourceRequest {
		return &tfprotov6.ReadResourceRequest{TypeName: resourceType, CurrentState: c.dynamic(e.value), Private: e.private, CurrentIdentity: e.identity}
	}
	for i := 0; i < 48; i += 5 { // with and without tags, limits, more groups
		address := fmt.Sprint("machine-", i)
		c.apply(ctx, address, c.plan(ctx, address, configured(i, i)))
		e := c.entry(address)
		if e == nil {
			t.Fatal(c.complaints())
		}
		compare("as it was left", request(e), false, false)
		imported, err := c.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: resourceType, ID: e.id()})
		must(t, err)
		one := imported.ImportedResources[0]
		compare("imported", &tfprotov6.ReadResourceRequest{
			TypeName: resourceType, CurrentState: one.State, Private: one.Private, CurrentIdentity: one.Identity,
		}, false, false)
		nobody := request(e)
		nobody.CurrentIdentity = nil // of a state that an older CLI has written
		compare("without an identity", nobody, false, false)
		sim.FailNext("DescribeInstances", kecsim.Denied, 2)
		compare("refused", request(e), true, false)
		sim.Release(e.id())
		compare("released", request(e), true, true)
	}
	none := &tfprotov6.ReadResourceRequest{TypeName: resourceType, CurrentState: c.dynamic(tftypes.NewValue(c.resource, nil))}
	got, err := c.server.ReadResource(context.Background(), none)
	must(t, err)
	want, err := whole.ReadResource(context.Background(), none)
	must(t, err)
	if len(got.Diagnostics) == 0 || len(want.Diagnostics) == 0 {
		t.Errorf("of nothing: %v, want %v", got.Diagnostics, want.Diagnostics)
	}
}
