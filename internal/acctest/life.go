package acctest

import (
	"context"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Life is one resource in a state, and a CLI in this process that plans, applies and refreshes it:
// for stories that need no real one. Each command starts the provider anew. It lives in virtual
// time, see [Bubble].
type Life struct {
	Said  []string // by the last command, as [Said] writes it
	Block map[string]any

	sim       *kecsim.Server
	processes uint64
	kind      string
	of        *tfprotov6.Schema
	state     tftypes.Value
	private   []byte
	identity  *tfprotov6.ResourceIdentityData
}

// Bubble tells a story in virtual time, about a resource of this kind in a world of its own. What
// is still under way when the story ends must come to an end.
func Bubble(t *testing.T, kind string, story func(t *testing.T, sim *kecsim.Server, l *Life)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))
		l := &Life{sim: sim, kind: kind}
		l.start(t)
		story(t, sim, l)
		time.Sleep(time.Hour)
	})
}

// start begins a command: a process of the provider.
func (l *Life) start(t *testing.T) *Protocol {
	t.Helper()
	l.Said = nil
	l.processes++
	block := map[string]tftypes.Value{}
	for name, v := range l.Block {
		block[name] = valueOf(tftypes.String, v)
	}
	p := NewProtocol(t, l.sim, block, ksyun.WithHTTPTransport(l.sim.Transport()), ksyun.WithSeed(l.processes))
	if l.of = p.Schemas.ResourceSchemas[l.kind]; l.state.Type() == nil {
		l.state = l.none()
	}
	return p
}

// valueOf makes a value of a type from strings, bools, numbers, lists and maps. What a map lacks
// of an object is null, and [tftypes.UnknownValue] is not known.
func valueOf(t tftypes.Type, v any) tftypes.Value {
	if v == tftypes.UnknownValue {
		return tftypes.NewValue(t, v)
	}
	each := func(element tftypes.Type) any {
		list, ok := v.([]any)
		if !ok {
			return nil
		}
		all := make([]tftypes.Value, len(list))
		for i, one := range list {
			all[i] = valueOf(element, one)
		}
		return all
	}
	switch of := t.(type) {
	case tftypes.Object:
		given, _ := v.(map[string]any)
		if given == nil {
			return tftypes.NewValue(t, nil)
		}
		all := map[string]tftypes.Value{}
		for name, attribute := range of.AttributeTypes {
			all[name] = valueOf(attribute, given[name])
		}
		return tftypes.NewValue(t, all)
	case tftypes.Map:
		given, _ := v.(map[string]any)
		if given == nil {
			return tftypes.NewValue(t, nil)
		}
		all := map[string]tftypes.Value{}
		for name, one := range given {
			all[name] = valueOf(of.ElementType, one)
		}
		return tftypes.NewValue(t, all)
	case tftypes.List:
		return tftypes.NewValue(t, each(of.ElementType))
	case tftypes.Set:
		return tftypes.NewValue(t, each(of.ElementType))
	}
	if text, ok := v.(string); ok && t.Is(tftypes.Number) { // as a CLI reads a decimal
		f, _, _ := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		return tftypes.NewValue(t, f)
	}
	return tftypes.NewValue(t, v)
}

// plain is a value as Go's strings, bools, lists and maps. A number is its text, and what is not
// known is "unknown".
func plain(v tftypes.Value) any {
	if !v.IsKnown() {
		return "unknown"
	}
	if v.IsNull() {
		return nil
	}
	var text string
	var yes bool
	var number big.Float
	var list []tftypes.Value
	var all map[string]tftypes.Value
	switch {
	case v.As(&text) == nil:
		return text
	case v.As(&yes) == nil:
		return yes
	case v.As(&number) == nil:
		return number.Text('g', 15)
	case v.As(&list) == nil:
		each := make([]any, len(list))
		for i, one := range list {
			each[i] = plain(one)
		}
		return each
	}
	_ = v.As(&all)
	named := map[string]any{}
	for name, one := range all {
		named[name] = plain(one)
	}
	return named
}

// Did fails the test unless a command has done this and has said no more than messages that begin
// with these texts.
func (l *Life) Did(t *testing.T, got, want string, says ...string) {
	t.Helper()
	if got != want || !slices.EqualFunc(l.Said, says, strings.HasPrefix) {
		t.Errorf("it does %q and says\n%s\nwant %q and\n%s", got, strings.Join(l.Said, "\n"), want, strings.Join(says, "\n"))
	}
}

// State is what the state holds, nil for nothing.
func (l *Life) State() map[string]any {
	all, _ := plain(l.state).(map[string]any)
	return all
}

func (l *Life) none() tftypes.Value { return tftypes.NewValue(l.of.ValueType(), nil) }

func (l *Life) dynamic(t *testing.T, v tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	d, err := tfprotov6.NewDynamicValue(l.of.ValueType(), v)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func (l *Life) read(t *testing.T, d *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	if d == nil {
		return l.none()
	}
	v, err := d.Unmarshal(l.of.ValueType())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// hear notes what the provider says, and tells whether it is an error.
func (l *Life) hear(t *testing.T, all []*tfprotov6.Diagnostic, err error) (failed bool) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	l.Said = append(l.Said, Said(all)...)
	for _, d := range all {
		failed = failed || d.Severity == tfprotov6.DiagnosticSeverityError
	}
	return failed
}

// refresh reads the resource anew. It is false after an error.
func (l *Life) refresh(t *testing.T, p *Protocol) bool {
	t.Helper()
	if l.state.IsNull() {
		return true
	}
	resp, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: l.kind, CurrentState: l.dynamic(t, l.state), Private: l.private, CurrentIdentity: l.identity,
	})
	if l.hear(t, resp.Diagnostics, err) {
		return false
	}
	l.state, l.private, l.identity = l.read(t, resp.NewState), resp.Private, resp.NewIdentity
	return true
}

// planned is a change that a plan would make.
type planned struct {
	does    string // "create", "update", "delete", "replace", "nothing", or "" where the plan has failed
	config  tftypes.Value
	value   tftypes.Value
	private []byte
}

// Plan refreshes the resource and plans a configuration, nil for its end: what the plan does, and
// what it holds. It does nothing after an error.
func (l *Life) Plan(t *testing.T, config map[string]any) (does string, values map[string]any) {
	t.Helper()
	p := l.start(t)
	if !l.refresh(t, p) {
		return "", nil
	}
	one := l.plan(t, p, config)
	values, _ = plain(one.value).(map[string]any)
	return one.does, values
}

func (l *Life) plan(t *testing.T, p *Protocol, config map[string]any) planned {
	t.Helper()
	one := planned{config: valueOf(l.of.ValueType(), config), value: l.none()}
	if config != nil {
		valid, err := p.Server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
			TypeName: l.kind, Config: l.dynamic(t, one.config), ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
		})
		if l.hear(t, valid.Diagnostics, err) {
			return one
		}
	} else if l.state.IsNull() {
		one.does = "nothing"
		return one
	}
	resp, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: l.kind, PriorState: l.dynamic(t, l.state), ProposedNewState: l.dynamic(t, l.propose(one.config)), Config: l.dynamic(t, one.config),
		PriorPrivate: l.private, PriorIdentity: l.identity,
	})
	if l.hear(t, resp.Diagnostics, err) {
		return one
	}
	one.value, one.private = l.read(t, resp.PlannedState), resp.PlannedPrivate
	switch {
	case config == nil:
		one.does = "delete"
	case l.state.IsNull():
		one.does = "create"
	case len(resp.RequiresReplace) > 0:
		one.does = "replace"
	case one.value.Equal(l.state):
		one.does = "nothing"
	default:
		one.does = "update"
	}
	return one
}

// propose is the state that a CLI proposes: what the configuration sets, and what the provider had
// filled in before.
func (l *Life) propose(config tftypes.Value) tftypes.Value {
	if config.IsNull() {
		return config
	}
	var wanted, had map[string]tftypes.Value
	_ = config.As(&wanted)
	if !l.state.IsNull() {
		_ = l.state.As(&had)
	}
	all := maps.Clone(wanted)
	for _, a := range l.of.Block.Attributes {
		if before, ok := had[a.Name]; ok && a.Computed && wanted[a.Name].IsNull() {
			all[a.Name] = before
		}
		if a.WriteOnly {
			all[a.Name] = tftypes.NewValue(a.ValueType(), nil)
		}
	}
	return tftypes.NewValue(config.Type(), all)
}

// Apply refreshes the resource, plans a configuration, nil for its end, and carries the plan out,
// before which the world may change. It tells what was done, "" where something has failed.
func (l *Life) Apply(t *testing.T, config map[string]any, before ...func()) (did string) {
	t.Helper()
	p := l.start(t)
	if !l.refresh(t, p) {
		return ""
	}
	return l.carryOut(t, p, l.plan(t, p, config), before...)
}

// ApplyStale is Apply without a refresh.
func (l *Life) ApplyStale(t *testing.T, config map[string]any) (did string) {
	t.Helper()
	p := l.start(t)
	return l.carryOut(t, p, l.plan(t, p, config))
}

func (l *Life) carryOut(t *testing.T, p *Protocol, one planned, before ...func()) string {
	t.Helper()
	for _, change := range before {
		change()
	}
	switch one.does {
	case "", "nothing":
		return one.does
	case "replace":
		t.Fatal("a replacement is two changes: end the resource, and create it anew")
	}
	resp, err := p.Server.ApplyResourceChange(context.WithoutCancel(t.Context()), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: l.kind, PriorState: l.dynamic(t, l.state), PlannedState: l.dynamic(t, one.value), Config: l.dynamic(t, one.config), PlannedPrivate: one.private,
		PlannedIdentity: l.identity,
	})
	failed := l.hear(t, resp.Diagnostics, err)
	l.state, l.private, l.identity = l.read(t, resp.NewState), resp.Private, resp.NewIdentity
	if failed {
		return ""
	}
	return one.does
}

// Import takes over what has an id, and reads it. It is false after an error, and then the state
// holds what it held before.
func (l *Life) Import(t *testing.T, id string) bool {
	t.Helper()
	p, before := l.start(t), *l
	resp, err := p.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: l.kind, ID: id})
	if l.hear(t, resp.Diagnostics, err) {
		return false
	}
	one := resp.ImportedResources[0]
	l.state, l.private, l.identity = l.read(t, one.State), one.Private, one.Identity
	if l.refresh(t, p) {
		return true
	}
	l.state, l.private, l.identity = before.state, before.private, before.identity
	return false
}

// Forget takes the resource out of the state.
func (l *Life) Forget() { l.state, l.private, l.identity = l.none(), nil, nil }
