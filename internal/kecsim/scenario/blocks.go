package scenario

// kind is what an attribute holds.
type kind int

const (
	text     kind = iota + 1
	number        // whole
	natural       // whole, from 0
	seconds       // as natural, and a text for the control path
	fraction      // such as a share
	money         // CNY, a decimal with up to five decimals
	flag          // true or false
	duration      // such as "20s" or "1h30m"
	texts         // a list of texts
	scale         // simulated seconds per second
)

// String says what is expected, for messages.
func (k kind) String() string {
	return map[kind]string{
		text: "a text that is not empty", number: "a whole number", natural: "a whole number from 0", seconds: "a whole number of seconds from 0",
		fraction: "a number", money: "an amount in CNY with up to five decimals, such as 0.0393, below a milliard",
		flag: "true or false", duration: `a duration such as "20s" or "1h30m"`, texts: "a list of texts, none of them empty",
		scale: "a number from 0, which stands still, to 1000000",
	}[k]
}

// block is a kind of block: a route of the control path, with its fields as attributes.
type block struct {
	route      string
	attributes map[string]kind
	needs      []string // attributes that must be given
	// One block at a time sets the same thing, which these attributes tell; without any there is one
	// such thing in the world.
	of    []string
	again bool // it does something, and may do it again at the same time
	adds  bool // it may add something that later blocks name
}

// timeScale is the attribute of the settings that no route takes: whoever starts the clock asks for
// it.
const timeScale = "time_scale"

// some are the attributes by which machines are meant.
var some = map[string]kind{"name": text, "zone": text, "type": text, "count": number}

// blocks are what a scenario may hold, by the names of the blocks.
var blocks = map[string]block{
	"type": {route: "type", needs: []string{"name", "family", "vcpus", "memory_gib", "on_demand"}, of: []string{"name"}, adds: true, attributes: map[string]kind{
		"name": text, "family": text, "vcpus": number, "memory_gib": number, "gpus": number, "spot": money, "on_demand": money, "zones": texts,
	}},
	"price": {route: "price", needs: []string{"zone", "type"}, of: []string{"zone", "type"}, attributes: map[string]kind{
		"zone": text, "type": text, "spot": money, "on_demand": money,
	}},
	"stock": {route: "stock", needs: []string{"zone", "type", "count"}, of: []string{"zone", "type"}, attributes: map[string]kind{
		"zone": text, "type": text, "count": number,
	}},
	"disk": {route: "disk", needs: []string{"zone", "type", "sold_out"}, of: []string{"zone", "type"}, attributes: map[string]kind{
		"zone": text, "type": text, "sold_out": flag,
	}},
	"quota":   {route: "quota", needs: []string{"count"}, attributes: map[string]kind{"count": number}},
	"balance": {route: "balance", needs: []string{"yuan"}, attributes: map[string]kind{"yuan": money}},
	"subnet": {route: "subnet", needs: []string{"id"}, of: []string{"id"}, adds: true, attributes: map[string]kind{
		"id": text, "free": number, "name": text, "zone": text, "cidr": text,
	}},
	"image": {route: "image", needs: []string{"id", "state"}, of: []string{"id"}, adds: true, attributes: map[string]kind{
		"id": text, "state": text, "name": text, "platform": text, "type": text, "size_gib": number,
	}},
	"machines": {route: "machines", needs: []string{"count"}, again: true, attributes: map[string]kind{"count": number, "name": text, "charge_type": text}},
	"reclaim":  {route: "reclaim", again: true, attributes: some},
	"release":  {route: "release", again: true, attributes: some},
	"throttle": {route: "throttle", needs: []string{"per_second"}, attributes: map[string]kind{"per_second": fraction, "burst": number, "spelling": text}},
	"fail_launches": {route: "fail-launches", needs: []string{"mode"}, again: true, attributes: map[string]kind{
		"count": number, "share": fraction, "mode": text, "reason": text,
	}},
	"refuse_share": {route: "refuse-share", needs: []string{"action", "share"}, of: []string{"action"}, attributes: map[string]kind{
		"action": text, "share": fraction, "message": text,
	}},
	"lag": {route: "lag", needs: []string{"look", "share"}, of: []string{"look"}, attributes: map[string]kind{"look": text, "share": fraction, "age": duration}},
	"deny": {route: "deny", needs: []string{"service", "deny"}, of: []string{"service", "action"}, attributes: map[string]kind{
		"service": text, "action": text, "deny": flag,
	}},
	"clock": {route: "clock", needs: []string{"offset"}, attributes: map[string]kind{"offset": duration}},
	"fault": {route: "fault", again: true, attributes: map[string]kind{
		"action": text, "name": text, "times": number, "share": fraction, "seed": natural, "status": number, "code": text, "message": text,
		"body": text, "retry_after": seconds, "slow": duration, "late": duration, "clear": flag,
	}},
	"settings": {route: "settings", attributes: map[string]kind{
		timeScale: scale, "boot": duration, "visible_after": duration, "terminate_time": duration, "free_after": duration, "stop": duration,
		"start": duration, "reboot": duration, "modify": duration, "error_lasts": duration,
		"move_prices": flag, "move_stock": flag, "max_stock": number, "seed": number, "keep_eip": flag, "async_checks": flag, "failure_mode": text,
		"cause_fields": flag, "error_state": text, "max_data_disks": number, "max_data_disk_size": number, "odd": texts, "odd_orders": texts,
		"upper_keys": flag, "wrap_orders": flag, "look_ups_per_project": flag, "xml": flag, "return_as_boolean": flag,
	}},
}
