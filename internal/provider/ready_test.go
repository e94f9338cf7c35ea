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

// While the region is unknown, the identity of a machine of an earlier state, which has none yet,
// takes its region from the zone.
func TestServer_regionOfTheZone(t *testing.T) {
	t.Parallel()
	p := newPlannerOf(t, map[string]tftypes.Value{
		"region": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "preflight": tftypes.NewValue(tftypes.String, nil),
	})
	for zone, want := range map[any]string{"cn-beijing-6a": "cn-beijing-6", "eu-east-1ab": "eu-east-1", "cn-shanghai-2": "cn-shanghai-2", "": "", nil: ""} {
		state := p.dynamic(t, p.object, p.machineOf("i-1", map[string]tftypes.Value{"availability_zone": tftypes.NewValue(tftypes.String, zone)}))
		resp, err := p.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
			TypeName: "kec_spot_instance", CurrentState: state, CurrentIdentity: &tfprotov6.ResourceIdentityData{},
		})
		if err != nil || resp.NewIdentity == nil || resp.NewIdentity.IdentityData == nil {
			t.Errorf("%v: no identity: %s, %v", zone, said(resp.Diagnostics), err)
			continue
		}
		of, err := resp.NewIdentity.IdentityData.Unmarshal(p.identity)
		if err != nil {
			t.Fatal(err)
		}
		want := tftypes.NewValue(p.identity, map[string]tftypes.Value{
			"region": tftypes.NewValue(tftypes.String, want), "id": tftypes.NewValue(tftypes.String, "i-1"),
		})
		if !of.Equal(want) {
			t.Errorf("%v: the identity is %v, want %v", zone, of, want)
		}
	}
}

// An id or an identity that names no instance is refused at once, in words about it.
func TestImport_ofWhatNamesNoInstance(t *testing.T) {
	t.Parallel()
	text := func(s any) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }
	p := newPlanner(t, nil)
	for _, c := range []struct {
		name       string
		id         string
		region, of any // of the identity, none without both
		want       string
	}{
		{"nothing", "", nil, nil, "Nothing to import | The id is empty."},
		{"a space", " ", nil, nil, `Not an instance id | The id " " holds a space`},
		{"an id with a line end", "i-1\n", nil, nil, `Not an instance id | The id "i-1\n" holds a space`},
		{"an identity of empty texts", "", "", "", "Nothing to import | The identity names no region."},
		{"an identity without an id", "", "cn-beijing-6", "", "Nothing to import | The id is empty."},
		{"an identity whose id is null", "", "cn-beijing-6", nil, "Nothing to import | The id is empty."},
		{"an identity whose id is a space", "", "cn-beijing-6", " ", "Not an instance id | "},
		{"an identity without a region", "", "", "i-1", "Nothing to import | The identity names no region."},
		{"an identity whose region is null", "", nil, "i-1", "Nothing to import | The identity names no region."},
		{"an identity of a region that begins alike", "", "cn-beijing-60", "i-1", "The instance is in another region | "},
	} {
		req := &tfprotov6.ImportResourceStateRequest{TypeName: "kec_spot_instance", ID: c.id}
		if c.region != nil || c.of != nil {
			raw := p.dynamic(t, p.identity, tftypes.NewValue(p.identity, map[string]tftypes.Value{"region": text(c.region), "id": text(c.of)}))
			req.Identity = &tfprotov6.ResourceIdentityData{IdentityData: raw}
		}
		resp, err := p.ImportResourceState(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if got := said(resp.Diagnostics); len(resp.Diagnostics) != 1 || !strings.HasPrefix(got, "ERROR "+c.want) || len(resp.ImportedResources) > 0 {
			t.Errorf("%s: said %s, want %q, and imported %v", c.name, got, c.want, resp.ImportedResources)
		}
	}
}
