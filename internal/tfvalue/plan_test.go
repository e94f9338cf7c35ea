package tfvalue_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// What is saved right after the launch must be free of unknown values, whatever
// the user left out, or Terraform would drop the id with the rest; and what was
// planned must stay, whatever KEC reports.
func TestResolve(t *testing.T) {
	t.Parallel()
	object := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"size": tftypes.Number, "type": tftypes.String}}
	list := tftypes.List{ElementType: object}
	whole := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String, "name": tftypes.String, "disk": object, "disks": list}}
	disk := func(size, kind any) tftypes.Value {
		return tftypes.NewValue(object, map[string]tftypes.Value{
			"size": tftypes.NewValue(tftypes.Number, size), "type": tftypes.NewValue(tftypes.String, kind),
		})
	}
	value := func(id, name any, one tftypes.Value, many ...tftypes.Value) tftypes.Value {
		return tftypes.NewValue(whole, map[string]tftypes.Value{
			"id": tftypes.NewValue(tftypes.String, id), "name": tftypes.NewValue(tftypes.String, name),
			"disk": one, "disks": tftypes.NewValue(list, many),
		})
	}
	unknown := tftypes.UnknownValue
	plan := value(unknown, "planned", tftypes.NewValue(object, unknown), disk(50, unknown), disk(60, unknown))
	for _, c := range []struct {
		name        string
		fresh, want tftypes.Value
	}{
		{"nothing reported", tftypes.NewValue(whole, nil), value(nil, "planned", tftypes.NewValue(object, nil), disk(50, nil), disk(60, nil))},
		{"all reported", value("i-1", "Planned", disk(20, "SSD3.0"), disk(55, "EHDD"), disk(60, "SSD3.0")),
			value("i-1", "planned", disk(20, "SSD3.0"), disk(50, "EHDD"), disk(60, "SSD3.0"))},
		{"a disk is missing", value("i-1", nil, disk(20, "SSD3.0"), disk(50, "EHDD")),
			value("i-1", "planned", disk(20, "SSD3.0"), disk(50, "EHDD"), disk(60, nil))},
	} {
		if got := tfvalue.Resolve(plan, c.fresh); !got.Equal(c.want) {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
	}
}
