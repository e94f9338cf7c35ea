package spotfleet

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// What the wizard's attributes are in a fleet: a change holds for new machines but for four, no
// default is taken from KEC, and a candidate may be unknown as a whole.
func TestSchema(t *testing.T) {
	t.Parallel()
	var resp resource.SchemaResponse
	(&Resource{}).Schema(t.Context(), resource.SchemaRequest{}, &resp)
	all := resp.Schema.Attributes
	for name, inPlace := range map[string]bool{
		"instance_name": true, "security_group_ids": true, "tags": true, "project_id": true, "image_id": false, "data_disks": false, "user_data": false, "key_ids": false,
	} {
		text := all[name].GetMarkdownDescription()
		if strings.Contains(strings.ToLower(text), "changed in place on all machines") != inPlace || strings.Contains(text, "A change holds for new machines.") == inPlace {
			t.Errorf("%s: in place on all machines: want %t in %s", name, inPlace, text)
		}
		if all[name].IsComputed() {
			t.Errorf("%s is taken from KEC", name)
		}
	}
	list, _ := all["candidates"].(schema.ListNestedAttribute)
	for _, name := range []string{"instance_type", "subnet_id"} {
		a := list.NestedObject.Attributes[name]
		if a.IsRequired() || !a.IsOptional() || !strings.HasPrefix(a.GetMarkdownDescription(), "Required. ") || strings.Contains(a.GetMarkdownDescription(), "A change replaces") {
			t.Errorf("%s of a candidate: required %t, %s", name, a.IsRequired(), a.GetMarkdownDescription())
		}
	}
	for _, name := range []string{"vpc_id", "network_interface_id"} {
		if _, there := membersOf.Object(member{}).Attributes()[name]; there {
			t.Errorf("a member has %s", name)
		}
	}
	for n, want := range map[int64]bool{-1: false, 0: true, 9999: true, 10000: false} {
		for _, name := range []string{"target_capacity", "min_capacity"} {
			a, _ := all[name].(schema.Int64Attribute)
			var resp validator.Int64Response
			for _, v := range a.Validators {
				v.ValidateInt64(t.Context(), validator.Int64Request{ConfigValue: types.Int64Value(n)}, &resp)
			}
			if resp.Diagnostics.HasError() == want {
				t.Errorf("%s = %d is fine: want %t", name, n, want)
			}
		}
	}
	for n := range 3 {
		var resp validator.ListResponse
		for _, v := range list.Validators {
			v.ValidateList(t.Context(), validator.ListRequest{ConfigValue: candidates.List(make([]candidate, n))}, &resp)
		}
		if resp.Diagnostics.HasError() != (n == 0) {
			t.Errorf("%d candidates: %v", n, resp.Diagnostics)
		}
	}
}
