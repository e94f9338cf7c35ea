package chaos

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

type value = tftypes.Value

// build makes a value of a type from Go's strings, ints, bools, lists and maps. What a map lacks of
// an object is null.
func build(t tftypes.Type, v any) value {
	switch t := t.(type) {
	case tftypes.Object:
		all := map[string]value{}
		given, _ := v.(map[string]any)
		for name, of := range t.AttributeTypes {
			all[name] = build(of, given[name])
		}
		return tftypes.NewValue(t, all)
	case tftypes.List:
		return tftypes.NewValue(t, buildEach(t.ElementType, v))
	case tftypes.Set:
		return tftypes.NewValue(t, buildEach(t.ElementType, v))
	default:
		return tftypes.NewValue(t, v)
	}
}

func buildEach(t tftypes.Type, v any) []value {
	var all []value
	list, _ := v.([]any)
	for _, one := range list {
		all = append(all, build(t, one))
	}
	return all
}

// dress adds to a configuration what odd answers can be odd about. It is the same all through a
// history, so that no step asks for a replacement by it.
func (h *history) dress(config map[string]value, address string) map[string]value {
	if config == nil {
		return nil
	}
	add := func(name string, v any) { config[name] = build(h.core.resource.AttributeTypes[name], v) }
	seed := h.seed
	if with(withOdd) {
		if seed/4%2 == 0 {
			add("data_disks", []any{
				map[string]any{"type": "SSD3.0", "size_gib": 50, "delete_with_instance": true},
				map[string]any{"type": "ESSD_PL1", "size_gib": 60, "delete_with_instance": seed%3 == 0},
			})
		}
		if seed/8%2 == 0 {
			delete(config, "password_wo")
			delete(config, "password_wo_version")
			add("key_ids", []any{kecsim.KeyA, kecsim.KeyB}[:1+seed/16%2])
		}
		if seed/32%2 == 0 {
			add("data_guard_id", "0a9d0000-0000-4000-8000-000000000001")
			add("sriov_net_support", seed/64%2 == 0)
		}
		if seed/128%2 == 0 {
			add("project_id", int(kecsim.ProjectB))
		}
		if seed/256%2 == 0 { // ignored by the type
			add("local_data_disk_gib", 40)
		}
	}
	if with(withSlow) && seed%3 == 0 {
		slot, _ := strconv.Atoi(address[len(address)-1:])
		net := map[string]int{kecsim.SubnetA: 0, kecsim.SubnetB: 1}[attributeOf(config["subnet_id"])]
		add("private_ip_address", fmt.Sprintf("10.7.%d.%d", net, 100+slot))
	}
	if with(withEIP) && seed%5 < 2 {
		add("eip", map[string]any{"line_id": "0f000000-0000-4000-8000-000000000001", "bandwidth_mbps": 5, "charge_type": "PostPaidByDay"})
	}
	return config
}

// attributeOf is the text of a value, "" if it is none.
func attributeOf(v value) string {
	var s string
	if v.IsNull() || v.As(&s) != nil {
		return ""
	}
	return s
}

// inPlace are the attributes that change without a replacement.
var inPlace = map[string]bool{
	"security_group_ids": true, "instance_name": true, "password_wo": true, "password_wo_version": true, "tags": true, "key_ids": true,
	"project_id": true, "timeouts": true, "data_guard_id": true, "iam_role_name": true, "auto_delete_time": true,
}

// lasting writes what of a configuration lasts as long as its machine.
func lasting(config map[string]value) string {
	out := ""
	for _, name := range sortedNames(config) {
		if !inPlace[name] {
			out += name + "=" + config[name].String() + "\n"
		}
	}
	return out
}

// login writes what of a configuration may need a stop.
func login(config map[string]value) string {
	return config["key_ids"].String() + config["password_wo_version"].String()
}
