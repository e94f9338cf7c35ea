package main

import (
	"context"
	"encoding/json"
	"errors"
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

// readCPU is the provider's CPU time for the refresh of one machine, in seconds, with all that it takes: the protocol, the requests,
// the collector of garbage. Beside everything else in a plan it is too small to be seen. So the provider is asked here as a CLI asks it, twice: the
// second time it is not asked to read, and what it has used then is what the rest costs.
func (w *workspace) readCPU(ctx context.Context) (float64, error) {
	machines, err := w.state()
	if err != nil {
		return 0, err
	}
	with, without := math.Inf(1), math.Inf(1)
	for range w.runs {
		for _, each := range []struct {
			read  bool
			least *float64
		}{{true, &with}, {false, &without}} {
			cpu, err := w.replay(ctx, machines, each.read)
			if err != nil {
				return 0, err
			}
			*each.least = min(*each.least, cpu)
		}
	}
	perRead := (with - without) / float64(len(machines))
	w.say("%s, asked without a CLI: %s of CPU for each read", w.name, milliseconds(perRead))
	return perRead, nil
}

// replay starts a provider, hands it the states that machines are in and, if it is to read, lets it refresh them. It returns what CPU
// time that took. Each refresh must find what the state holds.
func (w *workspace) replay(ctx context.Context, machines []held, read bool) (cpu float64, err error) {
	p, err := w.startProvider(ctx, w.env)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	ask := func(ctx context.Context, rpc string, diagnostics protowire.Number, request []byte) ([]byte, error) {
		answer, err := p.ask(ctx, rpc, request)
		if d := field(answer, diagnostics); d != nil {
			err = fmt.Errorf("%s: the provider says %q", rpc, d)
		}
		return answer, err
	}

	if _, err := ask(ctx, "ConfigureProvider", 1, message(part{1, []byte("1.11.0")}, part{2, message(part{2, []byte("{}")})})); err != nil {
		return 0, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(w.parallelism)
	for _, m := range machines {
		group.Go(func() error {
			request := message(part{1, instanceType}, part{3, message(part{1, m.Attributes})})
			request = protowire.AppendVarint(protowire.AppendTag(request, 2, protowire.VarintType), m.Version)
			answer, err := ask(groupCtx, "UpgradeResourceState", 2, request)
			if err != nil || !read {
				return err
			}
			state := field(answer, 1)
			request = message(part{1, instanceType}, part{2, state}, part{3, m.Private}, part{6, message(part{1, message(part{2, m.Identity})})})
			if answer, err = ask(groupCtx, "ReadResource", 2, request); err != nil {
				return err
			}
			// The entries of a map come in any order.
			if !slices.Equal(slices.Sorted(slices.Values(field(answer, 1))), slices.Sorted(slices.Values(state))) {
				return errors.New("a refresh finds another state than there is")
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	p.stop()
	used := p.cmd.ProcessState
	return (used.UserTime() + used.SystemTime()).Seconds(), nil
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
