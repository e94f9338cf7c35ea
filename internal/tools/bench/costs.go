package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protowire"
)

var instanceType = []byte("kec_spot_instance")

// held is an instance as the state of a CLI holds it.
type held struct {
	Version    uint64          `json:"schema_version"`
	Attributes json.RawMessage `json:"attributes"`
	Private    []byte          `json:"private"`
	Identity   json.RawMessage `json:"identity"`
}

// state is all that a workspace holds.
func (w *workspace) state() ([]held, error) {
	text, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Resources []struct {
			Instances []held `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("the state of %s: %w", w.name, err)
	}
	var all []held
	for _, r := range file.Resources {
		all = append(all, r.Instances...)
	}
	return all, nil
}

// cost is the provider's CPU time for one machine in a plan that changes nothing, in seconds, by
// request.
type cost struct{ validate, upgrade, read, plan float64 }

func (c cost) sum() float64 { return c.validate + c.upgrade + c.read + c.plan }

// costs measures what one machine costs the provider in a plan, with the protocol, the requests to
// KEC and the garbage collector. Beside the CLI's own work the parts cannot be seen. So the
// provider is asked here as a CLI asks it, in five processes: the first is only configured, and
// each other one gets one more kind of request than the one before it. The difference of two is a
// part.
func (w *workspace) costs(ctx context.Context) (c cost, err error) {
	machines, err := w.state()
	if err != nil {
		return c, err
	}
	parts := []*float64{&c.validate, &c.upgrade, &c.read, &c.plan}
	least := slices.Repeat([]float64{math.Inf(1)}, len(parts)+1)
	for range w.runs {
		for kinds := range least {
			cpu, err := w.replay(ctx, machines, kinds)
			if err != nil {
				return c, err
			}
			least[kinds] = min(least[kinds], cpu)
		}
	}
	for i, part := range parts {
		*part = (least[i+1] - least[i]) / float64(len(machines))
	}
	w.say("%s, asked without a CLI: %s of CPU for each", w.name, milliseconds(c.sum()))
	return c, nil
}

// replay starts a provider, configures it and asks about all machines what a plan asks: the first
// kinds of request. It returns the CPU time of the process.
func (w *workspace) replay(ctx context.Context, machines []held, kinds int) (cpu float64, err error) {
	p, err := w.startProvider(ctx, w.env)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	if _, err := p.mustAsk(ctx, "ConfigureProvider", 1, message(part{1, []byte("1.11.0")}, part{2, message(part{2, []byte("{}")})})); err != nil {
		return 0, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(w.parallelism)
	for _, m := range machines {
		group.Go(func() error { return p.plan(groupCtx, m, kinds) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	p.stop()
	used := p.cmd.ProcessState
	return (used.UserTime() + used.SystemTime()).Seconds(), nil
}

// plan asks about one machine what a plan asks: the first kinds of request. Each answer must be
// that nothing has changed.
func (p *plugin) plan(ctx context.Context, m held, kinds int) error {
	config, err := m.config()
	if err != nil {
		return err
	}
	identity := message(part{1, message(part{2, m.Identity})})
	var state []byte // as the provider has encoded it
	for _, kind := range []struct {
		rpc         string
		diagnostics protowire.Number // of the answer
		request     func() []byte
	}{
		{"ValidateResourceConfig", 1, func() []byte { return message(part{1, instanceType}, part{2, config}) }},
		{"UpgradeResourceState", 2, func() []byte {
			request := message(part{1, instanceType}, part{3, message(part{1, m.Attributes})})
			return protowire.AppendVarint(protowire.AppendTag(request, 2, protowire.VarintType), m.Version)
		}},
		{"ReadResource", 2, func() []byte {
			return message(part{1, instanceType}, part{2, state}, part{3, m.Private}, part{6, identity})
		}},
		{"PlanResourceChange", 4, func() []byte {
			return message(part{1, instanceType}, part{2, state}, part{3, state}, part{4, config}, part{5, m.Private}, part{8, identity})
		}},
	}[:kinds] {
		answer, err := p.mustAsk(ctx, kind.rpc, kind.diagnostics, kind.request())
		if err != nil {
			return err
		}
		got := field(answer, 1)
		// The entries of a map come in any order.
		if state != nil && !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(state))) {
			return fmt.Errorf("%s: the answer holds another state than there is", kind.rpc)
		}
		state = got
	}
	return nil
}

// mustAsk is ask for an answer in which the provider says nothing.
func (p *plugin) mustAsk(ctx context.Context, rpc string, diagnostics protowire.Number, request []byte) ([]byte, error) {
	answer, err := p.ask(ctx, rpc, request)
	if d := field(answer, diagnostics); err == nil && d != nil {
		err = fmt.Errorf("%s: the provider says %q", rpc, d)
	}
	return answer, err
}

// settable are the attributes that the configuration of a fleet sets, see fleetHCL; of a disk, what
// is not set is null.
var settable = map[string]bool{
	"instance_type": true, "spot_price_limit": true, "image_id": true, "subnet_id": true, "security_group_ids": true, "key_ids": true,
	"instance_name": true, "tags": true, "data_disks": true,
}

// config is the configuration of a machine, as its state tells it.
func (m held) config() ([]byte, error) {
	var all map[string]any
	if err := json.Unmarshal(m.Attributes, &all); err != nil {
		return nil, err
	}
	for name := range all {
		if !settable[name] {
			all[name] = nil
		}
	}
	disks, _ := all["data_disks"].([]any)
	for _, disk := range disks {
		if d, ok := disk.(map[string]any); ok {
			d["id"] = nil
		}
	}
	text, err := json.Marshal(all)
	return message(part{2, text}), err
}

// part is a field of a protobuf message: its number, and the bytes in it.
type part struct {
	number  protowire.Number
	content []byte
}

// message is a protobuf message. Parts without bytes are left out, as protobuf does it.
func message(parts ...part) []byte {
	var m []byte
	for _, p := range parts {
		if len(p.content) > 0 {
			m = protowire.AppendTag(m, p.number, protowire.BytesType)
			m = protowire.AppendBytes(m, p.content)
		}
	}
	return m
}

// field is the content of a message's first field of a number; nil if it has none.
func field(m []byte, wanted protowire.Number) []byte {
	for len(m) > 0 {
		number, kind, n := protowire.ConsumeTag(m)
		if n < 0 {
			return nil
		}
		m = m[n:]
		if number == wanted && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(m)
			return content
		}
		if n = protowire.ConsumeFieldValue(number, kind, m); n < 0 {
			return nil
		}
		m = m[n:]
	}
	return nil
}
