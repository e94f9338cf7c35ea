package scenario

// kind is what an attribute holds.
type kind int

const (
	text     kind = iota + 1
	number        // whole
	fraction      // such as a share
	money         // CNY, a decimal with up to five decimals
	flag          // true or false
	duration      // such as "20s" or "1h30m"
	texts         // a list of texts
)

// String says what is expected, for messages.
func (k kind) String() string {
	return map[kind]string{
		text: "a text", number: "a whole number", fraction: "a number", money: "an amount in CNY with up to five decimals, such as 0.0393",
		flag: "true or false", duration: `a duration such as "20s" or "1h30m"`, texts: "a list of texts",
	}[k]
}

// block is a kind of block: a route of the control path, with its fields as attributes.
type block struct {
	route      string
	attributes map[string]kind
}

// blocks are what a scenario may hold, by the names of the blocks.
var blocks = map[string]block{
	"type": {"type", map[string]kind{
		"name": text, "family": text, "vcpus": number, "memory_gib": number, "gpus": number, "spot": money, "on_demand": money,
	}},
	"price":         {"price", map[string]kind{"zone": text, "type": text, "spot": money, "on_demand": money}},
	"stock":         {"stock", map[string]kind{"zone": text, "type": text, "count": number}},
	"disk":          {"disk", map[string]kind{"zone": text, "type": text, "sold_out": flag}},
	"quota":         {"quota", map[string]kind{"count": number}},
	"balance":       {"balance", map[string]kind{"yuan": money}},
	"subnet":        {"subnet", map[string]kind{"id": text, "free": number, "name": text, "zone": text, "cidr": text}},
	"image":         {"image", map[string]kind{"id": text, "state": text, "name": text, "platform": text, "type": text, "size_gib": number}},
	"machines":      {"machines", map[string]kind{"count": number, "name": text, "charge_type": text}},
	"reclaim":       {"reclaim", map[string]kind{"name": text, "zone": text, "type": text, "count": number}},
	"release":       {"release", map[string]kind{"name": text, "zone": text, "type": text, "count": number}},
	"throttle":      {"throttle", map[string]kind{"per_second": fraction, "burst": number, "spelling": text}},
	"fail_launches": {"fail-launches", map[string]kind{"count": number, "share": fraction, "mode": text, "reason": text}},
	"refuse_share":  {"refuse-share", map[string]kind{"action": text, "share": fraction, "message": text}},
	"lag":           {"lag", map[string]kind{"look": text, "share": fraction, "age": duration}},
	"deny":          {"deny", map[string]kind{"service": text, "action": text, "deny": flag}},
	"clock":         {"clock", map[string]kind{"offset": duration}},
	"fault": {"fault", map[string]kind{
		"action": text, "name": text, "times": number, "share": fraction, "seed": number, "status": number, "code": text, "message": text,
		"body": text, "retry_after": number, "slow": duration, "late": duration, "clear": flag,
	}},
	"settings": {"settings", map[string]kind{
		"boot": duration, "visible_after": duration, "terminate_time": duration, "free_after": duration, "stop": duration, "start": duration,
		"reboot": duration, "modify": duration, "error_lasts": duration,
		"move_prices": flag, "move_stock": flag, "max_stock": number, "seed": number, "keep_eip": flag, "async_checks": flag, "failure_mode": text,
		"cause_fields": flag, "error_state": text, "max_data_disks": number, "max_data_disk_size": number, "odd": texts, "odd_orders": texts,
		"upper_keys": flag, "wrap_orders": flag, "look_ups_per_project": flag,
	}},
}
