package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// machineOf is a state, or a plan of one, with an id and what must be set.
func (p *planner) machineOf(id any, more map[string]tftypes.Value) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, of := range p.object.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	for name, text := range map[string]string{"instance_type": "N3.2B", "image_id": kecsim.ImageUbuntu, "subnet_id": kecsim.SubnetA} {
		values[name] = tftypes.NewValue(tftypes.String, text)
	}
	values["id"] = tftypes.NewValue(tftypes.String, id)
	for name, v := range more {
		values[name] = v
	}
	return tftypes.NewValue(p.object, values)
}

func said(all []*tfprotov6.Diagnostic) string {
	var lines []string
	for _, d := range all {
		lines = append(lines, d.Severity.String()+" "+d.Summary+" | "+d.Detail)
	}
	return strings.Join(lines, "\n")
}

// While the region is unknown, each operation says so, changes nothing and does not panic.
func TestServer_saysThatItIsNotReady(t *testing.T) {
	t.Parallel()
	p := newPlannerOf(t, map[string]tftypes.Value{
		"region": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "preflight": tftypes.NewValue(tftypes.String, nil),
	})
	none := p.dynamic(t, p.object, tftypes.NewValue(p.object, nil))
	old, other := p.dynamic(t, p.object, p.machineOf("i-1", nil)), p.dynamic(t, p.object, p.machineOf("i-1", map[string]tftypes.Value{
		"instance_name": tftypes.NewValue(tftypes.String, "other"),
	}))
	fresh := p.dynamic(t, p.object, p.machineOf(tftypes.UnknownValue, nil))
	config := p.dynamic(t, p.object, p.machineOf(nil, nil))
	const why, typ = "the provider's region is known only after apply", "kec_spot_instance"
	apply := func(from, to *tfprotov6.DynamicValue) func() ([]*tfprotov6.Diagnostic, *tfprotov6.DynamicValue, error) {
		return func() ([]*tfprotov6.Diagnostic, *tfprotov6.DynamicValue, error) {
			resp, err := p.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typ, PriorState: from, PlannedState: to, Config: config})
			return resp.Diagnostics, resp.NewState, err
		}
	}
	for _, c := range []struct {
		name string
		do   func() ([]*tfprotov6.Diagnostic, *tfprotov6.DynamicValue, error)
		want string
		left *tfprotov6.DynamicValue
	}{
		{"create", apply(none, fresh), "ERROR The spot instance cannot be created yet", none},
		{"update", apply(old, other), "ERROR The spot instance cannot be changed yet", old},
		{"destroy", apply(old, none), "ERROR The spot instance cannot be deleted yet", old},
		{"read", func() ([]*tfprotov6.Diagnostic, *tfprotov6.DynamicValue, error) {
			resp, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: typ, CurrentState: old})
			return resp.Diagnostics, resp.NewState, err
		}, "WARNING Spot instance not refreshed", old},
		{"plan of a new one", func() ([]*tfprotov6.Diagnostic, *tfprotov6.DynamicValue, error) {
			resp, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: typ, PriorState: none, ProposedNewState: config, Config: config})
			return resp.Diagnostics, nil, err
		}, "WARNING This plan is not checked against KEC", nil},
		{"import", func() ([]*tfprotov6.Diagnostic, *tfprotov6.DynamicValue, error) {
			resp, err := p.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: typ, ID: "i-1"})
			if len(resp.ImportedResources) > 0 {
				t.Errorf("imported %v", resp.ImportedResources)
			}
			return resp.Diagnostics, nil, err
		}, "ERROR The spot instance cannot be imported yet", nil},
	} {
		diags, left, err := c.do()
		if got := said(diags); err != nil || len(diags) != 1 || !strings.HasPrefix(got, c.want) || !strings.Contains(got, why) {
			t.Errorf("%s says %s, %v; want %q", c.name, got, err, c.want)
		}
		if c.left == nil {
			continue
		}
		want, _ := c.left.Unmarshal(p.object)
		if got, err := left.Unmarshal(p.object); err != nil || !got.Equal(want) {
			t.Errorf("%s leaves %v, want %v", c.name, got, want)
		}
	}

	resp, err := p.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: typ, PriorState: old, ProposedNewState: none, Config: none})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Errorf("a plan of the end says %s, %v", said(resp.Diagnostics), err)
	}
}
