package provider

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// planner is a configured server, and what a CLI knows of its one resource.
type planner struct {
	server
	of       *tfprotov6.Schema
	object   tftypes.Object
	identity tftypes.Type
}

func newPlanner(tb testing.TB, defaultTags map[string]tftypes.Value) *planner {
	tb.Helper()
	more := map[string]tftypes.Value{}
	if defaultTags != nil {
		more["default_tags"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, defaultTags)
	}
	return newPlannerOf(tb, more)
}

// newPlannerOf is a planner whose provider block holds more than it must, or other values.
func newPlannerOf(tb testing.TB, more map[string]tftypes.Value) *planner {
	tb.Helper()
	ctx := context.Background()
	s, ok := Server("test", ksyun.WithHTTPTransport(kecsim.New().Transport()), ksyun.WithRate(0))().(server)
	if !ok {
		tb.Fatal("the server is the framework's own")
	}
	schemas, err := s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	identities, err := s.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	block, _ := schemas.Provider.ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, of := range block.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	for name, text := range map[string]string{"region": kecsim.Region, "access_key": kecsim.AccessKey, "secret_key": kecsim.SecretKey, "preflight": "off"} {
		values[name] = tftypes.NewValue(tftypes.String, text)
	}
	maps.Copy(values, more)
	config, err := tfprotov6.NewDynamicValue(block, tftypes.NewValue(block, values))
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := s.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil || len(resp.Diagnostics) > 0 {
		tb.Fatal(err, resp)
	}
	p := &planner{server: s, of: schemas.ResourceSchemas["kec_spot_instance"], identity: identities.IdentitySchemas["kec_spot_instance"].ValueType()}
	p.object, _ = p.of.ValueType().(tftypes.Object)
	return p
}

func (p *planner) dynamic(tb testing.TB, of tftypes.Type, v tftypes.Value) *tfprotov6.DynamicValue {
	tb.Helper()
	d, err := tfprotov6.NewDynamicValue(of, v)
	if err != nil {
		tb.Fatal(err)
	}
	return &d
}

// choices are the bytes of a fuzz input, one for each decision; 0 when they are used up.
type choices struct{ rest []byte }

func (c *choices) next(n int) int {
	if len(c.rest) == 0 {
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return int(b) % n
}

var pools = map[string][]string{
	"spot_strategy":    {"SpotAsPriceGo", "SpotWithPriceLimit"},
	"auto_delete_time": {"2030-01-01T00:00:00Z", "2030-01-01T08:00:00+08:00", "2031-01-01T00:00:00Z"},
	"recycling_time":   {"2020-01-01T00:00:00Z"},
	"protected_until":  {"2020-01-01T00:00:00Z"},
	"state":            {"active", "stopped"},
	"create":           {"20m", "30m"}, "read": {"20m", "30m"}, "update": {"20m", "30m"}, "delete": {"20m", "30m"},
}

// value is one of a few of an attribute's type, which may be null.
func value(name string, of tftypes.Type, c *choices) tftypes.Value {
	n := c.next(4)
	if n == 3 {
		return tftypes.NewValue(of, nil)
	}
	switch t := of.(type) {
	case tftypes.Object:
		all := map[string]tftypes.Value{}
		for _, inner := range sorted(t.AttributeTypes) {
			all[inner] = value(inner, t.AttributeTypes[inner], c)
		}
		return tftypes.NewValue(of, all)
	case tftypes.List:
		var all []tftypes.Value
		for range n {
			all = append(all, value(name, t.ElementType, c))
		}
		return tftypes.NewValue(of, all)
	case tftypes.Set:
		return tftypes.NewValue(of, []tftypes.Value{tftypes.NewValue(t.ElementType, fmt.Sprint("one-", n))})
	case tftypes.Map:
		return tftypes.NewValue(of, map[string]tftypes.Value{"team": tftypes.NewValue(tftypes.String, []string{"search", "ads", "mail"}[n])})
	}
	switch {
	case of.Is(tftypes.Bool):
		return tftypes.NewValue(of, n > 0)
	case of.Is(tftypes.Number) && name == "spot_price_limit":
		return tftypes.NewValue(of, float64(n+1)/8)
	case of.Is(tftypes.Number):
		return tftypes.NewValue(of, n)
	case pools[name] != nil:
		return tftypes.NewValue(of, pools[name][n%len(pools[name])])
	}
	return tftypes.NewValue(of, fmt.Sprint("text-", n))
}

// configured is a configuration that fits a state: with what is set there, or null for what KEC may
// choose. What is in changed is otherwise.
func configured(attributes []*tfprotov6.SchemaAttribute, state map[string]tftypes.Value, changed map[int]bool, c *choices) map[string]tftypes.Value {
	all := map[string]tftypes.Value{}
	for i, a := range attributes {
		of, was := a.ValueType(), state[a.Name]
		switch {
		case a.WriteOnly:
			all[a.Name] = value(a.Name, of, c)
		case !a.Optional && !a.Required:
			all[a.Name] = tftypes.NewValue(of, nil)
		case changed[i]:
			all[a.Name] = []tftypes.Value{value(a.Name, of, c), tftypes.NewValue(of, nil), tftypes.NewValue(of, tftypes.UnknownValue)}[c.next(3)]
		case a.Computed && c.next(2) == 0:
			all[a.Name] = tftypes.NewValue(of, nil)
		case a.NestedType != nil && !was.IsNull():
			all[a.Name] = nested(was, func(inner map[string]tftypes.Value) map[string]tftypes.Value {
				return configured(a.NestedType.Attributes, inner, nil, c)
			})
		default:
			all[a.Name] = was
		}
	}
	return all
}

// proposed is the state that a CLI proposes: what is configured, and the prior values of what is
// computed and not configured.
func proposed(attributes []*tfprotov6.SchemaAttribute, config, prior map[string]tftypes.Value) map[string]tftypes.Value {
	all := map[string]tftypes.Value{}
	for _, a := range attributes {
		set, was := config[a.Name], prior[a.Name]
		switch {
		case a.WriteOnly:
			all[a.Name] = tftypes.NewValue(a.ValueType(), nil)
		case set.IsNull() && a.Computed:
			all[a.Name] = was
		case a.NestedType != nil && set.IsKnown() && !set.IsNull():
			before := elements(was)
			i := -1
			all[a.Name] = nested(set, func(inner map[string]tftypes.Value) map[string]tftypes.Value {
				if i++; i < len(before) && before[i] != nil {
					return proposed(a.NestedType.Attributes, inner, before[i])
				}
				none := map[string]tftypes.Value{}
				for _, b := range a.NestedType.Attributes {
					none[b.Name] = tftypes.NewValue(b.ValueType(), nil)
				}
				return proposed(a.NestedType.Attributes, inner, none)
			})
		default:
			all[a.Name] = set
		}
	}
	return all
}

// elements are the objects in a nested attribute; an object alone is one.
func elements(v tftypes.Value) []map[string]tftypes.Value {
	var list []tftypes.Value
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	if v.Type().Is(tftypes.List{}) {
		_ = v.As(&list)
	} else {
		list = []tftypes.Value{v}
	}
	var all []map[string]tftypes.Value
	for _, e := range list {
		var one map[string]tftypes.Value
		if !e.IsNull() && e.IsKnown() {
			_ = e.As(&one)
		}
		all = append(all, one)
	}
	return all
}

// nested changes every object in a nested attribute.
func nested(v tftypes.Value, change func(map[string]tftypes.Value) map[string]tftypes.Value) tftypes.Value {
	each := func(e tftypes.Value) tftypes.Value {
		var one map[string]tftypes.Value
		if e.IsNull() || !e.IsKnown() || e.As(&one) != nil {
			return e
		}
		return tftypes.NewValue(e.Type(), change(one))
	}
	if !v.Type().Is(tftypes.List{}) {
		return each(v)
	}
	var list, all []tftypes.Value
	_ = v.As(&list)
	for _, e := range list {
		all = append(all, each(e))
	}
	return tftypes.NewValue(v.Type(), all)
}

// request is the plan request that the bytes stand for.
func (p *planner) request(tb testing.TB, input []byte) *tfprotov6.PlanResourceChangeRequest {
	tb.Helper()
	c := &choices{input}
	calm := c.next(2) == 0 // then the state is a likely one
	private := [][]byte{nil, []byte(`{"imported":"dHJ1ZQ=="}`), []byte(`{ "imported": "dHJ1ZQ==" }`), []byte(`{}`),
		[]byte(`{".import_before_read":"dHJ1ZQ==","launched":"MQ=="}`), []byte(`{"launched":""}`), []byte(`no JSON`)}[c.next(7)]
	var identity *tfprotov6.ResourceIdentityData
	switch of, _ := p.identity.(tftypes.Object); c.next(3) {
	case 0:
		identity = &tfprotov6.ResourceIdentityData{IdentityData: p.dynamic(tb, of, tftypes.NewValue(of, map[string]tftypes.Value{
			"id": tftypes.NewValue(tftypes.String, "text-0"), "region": tftypes.NewValue(tftypes.String, kecsim.Region),
		}))}
	case 1:
		identity = &tfprotov6.ResourceIdentityData{}
	}
	prior := map[string]tftypes.Value{}
	for _, a := range p.of.Block.Attributes {
		prior[a.Name] = value(a.Name, a.ValueType(), c)
		switch {
		case a.WriteOnly:
			prior[a.Name] = tftypes.NewValue(a.ValueType(), nil)
		case calm && a.ValueType().Is(tftypes.Bool):
			prior[a.Name] = tftypes.NewValue(a.ValueType(), c.next(8) == 7)
		case calm && a.Name == "spot_strategy":
			prior[a.Name] = tftypes.NewValue(a.ValueType(), pools[a.Name][min(1, c.next(8))])
		}
	}
	if prior["spot_price_limit"].IsNull() && calm {
		prior["spot_strategy"] = tftypes.NewValue(tftypes.String, pools["spot_strategy"][0])
	}
	if calm && len(private) > 30 {
		private = nil
	}
	changed := map[int]bool{}
	for range c.next(3) * c.next(2) {
		changed[c.next(len(p.of.Block.Attributes))] = true
	}
	req := p.planOf(tb, configured(p.of.Block.Attributes, prior, changed, c), prior)
	req.PriorPrivate, req.PriorIdentity = private, identity
	return req
}

// planOf is the request that a CLI makes of a configuration and a state.
func (p *planner) planOf(tb testing.TB, config, prior map[string]tftypes.Value) *tfprotov6.PlanResourceChangeRequest {
	tb.Helper()
	return &tfprotov6.PlanResourceChangeRequest{
		TypeName:         "kec_spot_instance",
		Config:           p.dynamic(tb, p.object, tftypes.NewValue(p.object, config)),
		PriorState:       p.dynamic(tb, p.object, tftypes.NewValue(p.object, prior)),
		ProposedNewState: p.dynamic(tb, p.object, tftypes.NewValue(p.object, proposed(p.of.Block.Attributes, config, prior))),
	}
}

// same compares the server's answer with the framework's.
func (p *planner) same(tb testing.TB, req *tfprotov6.PlanResourceChangeRequest) {
	tb.Helper()
	ctx := context.Background()
	want, err := p.allServers.PlanResourceChange(ctx, req)
	if err != nil {
		tb.Fatal(err)
	}
	atTopLevel(want.Diagnostics)
	got, err := p.PlanResourceChange(ctx, req)
	if err != nil {
		tb.Fatal(err)
	}
	if (got.PlannedState == nil) != (want.PlannedState == nil) {
		tb.Fatalf("planned %v, want %v", got.PlannedState, want.PlannedState)
	}
	if got.PlannedState != nil {
		if diff, err := p.value(tb, got.PlannedState).Diff(p.value(tb, want.PlannedState)); err != nil || len(diff) > 0 {
			tb.Errorf("planned otherwise: %v, %v", diff, err)
		}
		got.PlannedState, want.PlannedState = nil, nil // in bytes the order of a map's keys is random
	}
	if !reflect.DeepEqual(got, want) {
		for _, r := range []*tfprotov6.PlanResourceChangeResponse{got, want} {
			said := ""
			for _, d := range r.Diagnostics {
				said += fmt.Sprintf("%+v\n", d)
			}
			tb.Errorf("%+v\nreplace %v, private state %s, said %s", r, r.RequiresReplace, r.PlannedPrivate, said)
		}
	}
}

func (p *planner) value(tb testing.TB, d *tfprotov6.DynamicValue) tftypes.Value {
	tb.Helper()
	v, err := d.Unmarshal(p.object)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// drawn is an input of the fuzzer.
func drawn(seed uint64) []byte {
	dice := rand.New(rand.NewPCG(seed, 0))
	input := make([]byte, 300+seed%3)
	for i := range input {
		input[i] = byte(dice.IntN(256))
	}
	return input
}
