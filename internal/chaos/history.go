package chaos

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// What must be in no message. The password and the user data go with every launch.
const (
	password = "Pa55word-canary"
	script   = "#!/bin/sh\nexport TOKEN=canary-of-user-data\n"
)

var secrets = []string{password, "canary-of-user-data", kecsim.SecretKey}

// operation is one step of a history. Its numbers are read modulo what there is to choose
// from, so that a history with steps taken out is still one.
type operation struct {
	Kind    string
	A, B, C int
}

// String is how a step is printed and can be written again.
func (o operation) String() string { return fmt.Sprintf("{%q, %d, %d, %d}", o.Kind, o.A, o.B, o.C) }

// kinds are all steps, each as often as it should come up. A command costs a hundred
// times what anything else does, most of it in the framework, so a history is mostly
// about what happens between the commands.
var kinds = []weighted{
	{"apply", 4}, {"plan", 1}, {"refresh", 2}, {"destroy", 1}, {"import", 1}, {"interrupt", 2}, {"kill", 1},
	{"reclaim", 5}, {"release", 5}, {"stock", 6}, {"price", 6}, {"console delete", 4}, {"console start", 2},
	{"fault", 34}, {"share", 8}, {"calm", 5}, {"advance", 8}, {"failing launches", 6}, {"visibility", 4}, {"throttle", 4},
	{"refuse to terminate", 4},
}

// generate makes the history of a seed.
func generate(seed uint64, n int) []operation {
	return draw(rand.New(rand.NewPCG(seed, 0x6b6563)), steps(), n)
}

// draw draws steps of these kinds, by weight.
func draw(dice *rand.Rand, kinds []weighted, n int) []operation {
	sum := 0
	for _, k := range kinds {
		sum += k.weight
	}
	ops := make([]operation, n)
	for i := range ops {
		n := dice.IntN(sum)
		for _, k := range kinds {
			if n -= k.weight; n < 0 {
				ops[i] = operation{k.kind, dice.IntN(1 << 16), dice.IntN(1 << 16), dice.IntN(1 << 16)}
				break
			}
		}
	}
	return ops
}

// latency is the time of one request, so that an interrupt can fall between two.
const latency = 20 * time.Millisecond

// slots are the addresses that a history uses.
const slots = 2

// runHistory lives through a history inside a bubble of virtual time, in a world of these settings
// (nil leaves them as they are), and returns what can be seen of it. The error tells the first rule
// that was broken, and after which step.
func runHistory(world func(*kecsim.Settings), seed uint64, ops []operation) (*record, error) {
	start, record := time.Now(), &record{}
	h, err := begin(seed)
	if err != nil {
		return nil, err
	}
	defer func() { h.link.sever() }()
	if world != nil {
		h.sim.Update(func(s *kecsim.Settings) {
			world(s)
			h.late, h.unbilled = s.AsyncChecks, s.NoOrders
		})
	}
	for i, op := range ops {
		if err := h.step(op); err != nil {
			return nil, fmt.Errorf("after step %d, %s: %w", i+1, op, err)
		}
		record.note(i+1, h.core)
	}
	if err := h.end(); err != nil {
		return nil, fmt.Errorf("after the end: %w", err)
	}
	record.note(len(ops)+1, h.core)
	record.asked(h.sim.Calls(), start)
	return record, nil
}

// history is a run: the world, the CLI, and what is known to be in order.
type history struct {
	sim  *kecsim.Server
	core *core
	link *link // of the process that runs now

	wanted  map[string]map[string]tftypes.Value // the configuration, by address
	foreign map[string]bool                     // machines that somebody else has started
	adrift  map[string]bool                     // machines that a message or a mark leads to
	told    map[string]bool                     // marks that a message has named, or that a killed process has sent
	faulty  bool                                // KEC or the network misbehaves

	seed   uint64
	other  pipeline          // the second one, at rest; none without the ingredient
	born   map[string]string // what each machine was ordered with, as far as it lasts
	login  map[string]string // by machine: its login when an apply last succeeded
	public map[string]string // by machine: the address of an EIP that stays
	byHand map[string]bool   // machines that somebody has stopped in the console
	forced bool              // a replacement was asked for in this step
	late   bool              // KEC checks stock and the like once it has accepted a launch
	// unbilled is true where no billing record proves whose a machine was that is gone.
	unbilled bool

	// A thorough history reads what the provider logs, orders in the end what could not be
	// had, and looks into the state.
	thorough bool
	log      bytes.Buffer
	calls    int // of the API, that have been looked at
}

func begin(seed uint64) (*history, error) {
	h := &history{
		sim: newWorld(seed), wanted: map[string]map[string]tftypes.Value{}, foreign: map[string]bool{}, adrift: map[string]bool{}, told: map[string]bool{},
		thorough: seed%8 == 0, seed: seed, born: map[string]string{}, login: map[string]string{}, byHand: map[string]bool{},
	}
	if seed%4 == 1 { // this machine's clock is off by up to an hour, for good
		h.sim.SetClockOffset(time.Duration(seed*7919%7200)*time.Second - time.Hour)
	}
	var err error
	connect := processes(h.sim, seed, latency, &h.link)
	h.core, err = newCore(account("off"), func() []ksyun.Option { return append(connect(), machines.WithListAfter(int(seed%2)*4)) })
	if err == nil {
		err = h.prepare(seed)
	}
	return h, err
}

// command runs f as a CLI runs one command: in a new process.
func (h *history) command(f func(ctx context.Context)) error {
	if h.link != nil {
		h.link.sever()
	}
	if err := h.core.start(context.Background()); err != nil {
		return err
	}
	ctx := h.link.ctx
	if h.thorough {
		h.log.Reset()
		ctx = tflogtest.RootLogger(ctx, &h.log) // at TRACE
	}
	f(ctx)
	return nil
}

// run plans and applies one address, mostly after a refresh.
func (h *history) run(ctx context.Context, address string, refresh bool) {
	h.core.bury(ctx, address)
	if !refresh || h.core.refresh(ctx, address) {
		p := h.core.plan(ctx, address, h.wanted[address])
		h.core.apply(ctx, address, p)
	}
}

func (h *history) step(op operation) error {
	address := fmt.Sprintf("worker-%d", op.A%slots)
	start, before := time.Now(), h.core.ids()
	h.core.deaf()
	killed, limit := false, longest
	h.forced = false
	var err error
	switch op.Kind {
	case "apply":
		h.wanted[address] = h.dress(configured(op.B, op.C), address)
		err = h.command(func(ctx context.Context) { h.run(ctx, address, op.C%3 > 0) })
	case "plan":
		err = h.command(func(ctx context.Context) {
			h.core.plan(ctx, address, h.wanted[address])
		})
	case "refresh":
		err = h.command(func(ctx context.Context) { h.core.refresh(ctx, address) })
	case "destroy":
		h.wanted[address] = nil
		err = h.command(func(ctx context.Context) { h.run(ctx, address, op.C%3 > 0) })
	case "import":
		err = h.imports(address)
	case "interrupt", "kill":
		if op.B%4 == 0 {
			h.wanted[address] = nil
		} else {
			h.wanted[address] = h.dress(configured(op.B, op.C), address)
		}
		killed = op.Kind == "kill"
		err = h.cut(address, op.C%3 > 0, time.Duration(op.C%40)*time.Second/2+time.Duration(op.B%1000)*time.Millisecond, killed)
	default:
		limit = 3 * time.Hour
		if command := further[op.Kind]; command != nil {
			err = command(h, op, address)
		} else {
			h.happens(op)
		}
	}
	if err != nil {
		return err
	}
	if took := time.Since(start); took > limit {
		return fmt.Errorf("it took %s, more than %s", took, limit)
	}
	return h.check(before, address, killed)
}

// The deadlines that every configuration sets, and the longest that one command may
// take with them: a refresh, an end and a launch, and what is done about a machine
// after the time is up.
const (
	createLimit, readLimit, updateLimit, deleteLimit = 3 * time.Minute, time.Minute, 4 * time.Minute, 2 * time.Minute

	longest = createLimit + readLimit + updateLimit + deleteLimit + 6*time.Minute
)

// configured is one of many configurations.
func configured(b, c int) map[string]tftypes.Value {
	config := map[string]tftypes.Value{
		"instance_type": text([]string{"N3.2B", "N3.4B"}[b%2]), "image_id": text([]string{kecsim.ImageUbuntu, kecsim.ImageCustom}[b/2%2]),
		"subnet_id":          text([]string{kecsim.SubnetA, kecsim.SubnetB}[b/4%2]),
		"security_group_ids": texts([][]string{{kecsim.SecurityGroup}, {kecsim.SecurityGroup, kecsim.SecurityGroup2}}[c%2]...),
		"instance_name":      text([]string{"worker", "renamed", "again"}[c/2%3]),
		"password_wo":        text(password), "password_wo_version": tftypes.NewValue(tftypes.Number, 1+c/64%2),
		"user_data": text(script),
		"timeouts": tftypes.NewValue(timeoutsType, map[string]tftypes.Value{
			"create": text(createLimit.String()), "read": text(readLimit.String()), "update": text(updateLimit.String()), "delete": text(deleteLimit.String()),
		}),
	}
	if c/8%2 == 0 {
		config["spot_price_limit"] = tftypes.NewValue(tftypes.Number, priceLimit)
	}
	if c/16%3 > 0 {
		tags := map[string]tftypes.Value{"team": text([]string{"search", "ads"}[c/16%3-1])}
		config["tags"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tags)
	}
	return config
}

var priceLimit = number("0.1")

var timeoutsType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"create": tftypes.String, "read": tftypes.String, "update": tftypes.String, "delete": tftypes.String,
}}

// imports forgets an address and imports its machine anew, as somebody does who
// has lost a state file.
func (h *history) imports(address string) error {
	e := h.core.entry(address)
	id := e.id()
	if id == "" || e.tainted {
		return nil
	}
	h.login[id] = "" // nothing is known of it, so that it is set anew
	return h.command(func(ctx context.Context) {
		h.core.put(address, nil)
		if !h.core.adopt(ctx, address, id) {
			h.core.put(address, e) // nothing is lost by a failed import
		}
	})
}

// cut begins a command and interrupts it, or kills its process, after a while.
func (h *history) cut(address string, refresh bool, after time.Duration, kill bool) error {
	var late error
	err := h.command(func(ctx context.Context) {
		done := make(chan struct{})
		saved := maps.Clone(h.core.state)
		go func() {
			defer close(done)
			h.run(ctx, address, refresh)
		}()
		select {
		case <-done:
			return
		case <-time.After(after):
		}
		if kill {
			h.link.sever()
			<-done
			h.core.state = saved // whatever the process still said, nobody heard it
			return
		}
		at := time.Now()
		if err := h.core.stop(context.Background()); err != nil {
			late = err
		}
		<-done
		limit := time.Second
		if h.faulty {
			limit = patience
		}
		if took := time.Since(at); took > limit {
			late = fmt.Errorf("it ended %s after the interrupt, more than %s", took, limit)
		}
	})
	if err != nil {
		return err
	}
	return late
}

// patience is how long an interrupted command may take where KEC does not answer: a
// launch on the wire is given that time to say its id.
const patience = 15 * time.Second

// end lets KEC recover, and then everything must come to rest: what the state holds
// is alive, a plan after an apply is empty, and nothing is left after a destroy.
func (h *history) end() error {
	h.calm()
	time.Sleep(10 * time.Minute)
	if err := h.rest(); err != nil {
		return err
	}
	if h.other.core != nil {
		h.swap()
		if err := h.rest(); err != nil {
			return fmt.Errorf("the other pipeline: %w", err)
		}
	}
	time.Sleep(10 * time.Minute)
	for _, in := range h.sim.Instances() {
		if !h.foreign[in.ID] && !h.adrift[in.ID] && !h.told[in.Tags[machines.LaunchTagKey]] {
			return fmt.Errorf("%s (%s) is left", in.ID, in.State)
		}
	}
	return nil
}

// rest has a pipeline apply what it wants, and then destroy it.
func (h *history) rest() error {
	if with(withSlow) { // they may hold the address of another one
		h.clearUp()
	}
	for _, address := range slices.Sorted(maps.Keys(h.wanted)) {
		if h.core.entry(address) == nil && (h.wanted[address] == nil || !h.thorough) && !h.core.hasDeposed(address) {
			continue
		}
		if with(withOdd) && h.seed%8 < 4 { // what nothing is known of is spelt oddly, too
			if err := h.imports(address); err != nil {
				return err
			}
		}
		if err := h.settle(address); err != nil {
			return fmt.Errorf("%s, although all is well: %w", address, err)
		}
	}
	for _, address := range h.core.addresses() {
		id := h.core.entry(address).id()
		if in, ok := h.sim.Instance(id); !ok || in.State != "active" && !(in.State == "stopped" && h.byHand[id]) {
			return fmt.Errorf("%s holds %s, which is %q", address, id, in.State)
		}
		h.core.deaf()
		h.core.apply(h.link.ctx, address, h.core.plan(h.link.ctx, address, nil))
		if h.core.entry(address) != nil {
			return fmt.Errorf("%s cannot be destroyed although all is well: %s", address, h.core.complaints())
		}
	}
	return nil
}
