package provider

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// alone tells whether the server answers without the framework.
func (p *planner) alone(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) bool {
	return p.unchanged()[req.TypeName].plan(ctx, req, p.provider.session()) != nil
}

type (
	attributes = map[string]tftypes.Value
	request    = *tfprotov6.PlanResourceChangeRequest
)

// unchangedCase differs in one thing from an instance that does not change.
type unchangedCase struct {
	name  string
	alone bool
	edit  func(config, prior attributes, req request)
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func null(of tftypes.Type) tftypes.Value { return tftypes.NewValue(of, nil) }

// valueCases are about the configuration and the state.
func valueCases() []unchangedCase {
	yes, no := tftypes.NewValue(tftypes.Bool, true), tftypes.NewValue(tftypes.Bool, false)
	tags := tftypes.Map{ElementType: tftypes.String}
	return []unchangedCase{
		{"nothing", true, func(_, _ attributes, _ request) {}},
		{"a default that the state has", true, func(config, prior attributes, _ request) {
			config["deletion_protection"], prior["deletion_protection"] = null(tftypes.Bool), no
		}},
		{"a default that the state has not", false, func(config, prior attributes, _ request) {
			config["deletion_protection"], prior["deletion_protection"] = null(tftypes.Bool), yes
		}},
		{"a default for null", false, func(config, prior attributes, _ request) {
			config["keep_image_login"], prior["keep_image_login"] = null(tftypes.Bool), null(tftypes.Bool)
		}},
		{"no default for what is configured", true, func(config, prior attributes, _ request) {
			config["deletion_protection"], prior["deletion_protection"] = yes, yes
		}},
		{"the strategy that follows from the limit", true, func(config, _ attributes, _ request) {
			config["spot_strategy"] = null(tftypes.String)
		}},
		{"another strategy than follows from the limit", false, func(config, prior attributes, _ request) {
			config["spot_strategy"], prior["spot_strategy"] = null(tftypes.String), text("SpotWithPriceLimit")
		}},
		{"a password", true, func(config, _ attributes, _ request) {
			config["password_wo"] = text("Secret12")
		}},
		{"a password known after apply", true, func(config, _ attributes, _ request) {
			config["password_wo"] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		}},
		{"a password in the state", false, func(config, prior attributes, req request) {
			config["password_wo"], prior["password_wo"] = text("Secret12"), text("Secret12")
			req.TypeName = "both" // no CLI proposes it
		}},
		{"the same instant spelt otherwise", false, func(config, _ attributes, _ request) {
			config["auto_delete_time"] = text("2030-01-01T08:00:00+08:00")
		}},
		{"tags of the provider block that the instance lacks", true, func(_, prior attributes, _ request) {
			prior["tags_all"] = tftypes.NewValue(tags, map[string]tftypes.Value{"other": text("tag")})
		}},
		{"a notice of the release", true, func(_, prior attributes, _ request) {
			prior["recycling_time"] = text("2020-01-01T00:00:00Z")
		}},
		{"a state that was never read", true, func(config, prior attributes, _ request) {
			config["instance_type"], prior["instance_type"] = null(tftypes.String), null(tftypes.String)
		}},
	}
}

// requestCases are about the rest of the request.
func requestCases(t *testing.T) []unchangedCase {
	t.Helper()
	return []unchangedCase{
		{"private state", true, func(_, _ attributes, req request) {
			req.PriorPrivate = []byte(`{"imported":"dHJ1ZQ==","launched":"MQ=="}`)
		}},
		{"private state of the framework", false, func(_, _ attributes, req request) {
			req.PriorPrivate = []byte(`{".import_before_read":"dHJ1ZQ=="}`)
		}},
		{"private state in another form", false, func(_, _ attributes, req request) {
			req.PriorPrivate = []byte(`{"launched":"MQ==", "imported":"dHJ1ZQ=="}`)
		}},
		{"an empty private state", false, func(_, _ attributes, req request) {
			req.PriorPrivate = []byte(`{}`)
		}},
		{"an identity", true, func(_, _ attributes, req request) {
			of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String, "region": tftypes.String}}
			data, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, map[string]tftypes.Value{"id": text("text-0"), "region": text("cn-beijing-6")}))
			if err != nil {
				t.Error(err)
			}
			req.PriorIdentity = &tfprotov6.ResourceIdentityData{IdentityData: &data}
		}},
		{"an identity without data", true, func(_, _ attributes, req request) {
			req.PriorIdentity = &tfprotov6.ResourceIdentityData{}
		}},
		{"a client that defers", true, func(_, _ attributes, req request) {
			req.ClientCapabilities = &tfprotov6.PlanResourceChangeClientCapabilities{DeferralAllowed: true}
		}},
	}
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(valueCases(), requestCases(t)) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlanner(t, map[string]tftypes.Value{"team": text("search")})
			prior, config := map[string]tftypes.Value{}, map[string]tftypes.Value{}
			for _, a := range p.of.Block.Attributes {
				prior[a.Name] = value(a.Name, a.ValueType(), &choices{})
			}
			prior["spot_price_limit"], prior["recycling_time"] = null(tftypes.Number), null(tftypes.String)
			prior["password_wo"], prior["password_wo_version"] = null(tftypes.String), tftypes.NewValue(tftypes.Number, 1)
			for i, v := range configured(p.of.Block.Attributes, prior, nil, &choices{bytes.Repeat([]byte{1}, 100)}) {
				config[i] = v
			}
			config["password_wo"] = null(tftypes.String)
			var extra tfprotov6.PlanResourceChangeRequest
			c.edit(config, prior, &extra)
			req := p.planOf(t, config, prior)
			req.PriorPrivate, req.PriorIdentity, req.ClientCapabilities = extra.PriorPrivate, extra.PriorIdentity, extra.ClientCapabilities
			if extra.TypeName == "both" {
				req.ProposedNewState = req.PriorState
			}
			if got := p.alone(t.Context(), req); got != c.alone {
				t.Errorf("answered without the framework: %t, want %t", got, c.alone)
			}
			p.same(t, req)
		})
	}
}

// What the server answers for an unchanged instance is what the framework would answer, for any
// configuration and state.
func FuzzPlan(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(drawn(seed))
	}
	planners := []*planner{
		newPlanner(f, nil),
		newPlanner(f, map[string]tftypes.Value{"team": tftypes.NewValue(tftypes.String, "search")}),
		newPlanner(f, map[string]tftypes.Value{"owner": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}),
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		p := planners[len(input)%len(planners)]
		p.same(t, p.request(t, input))
	})
}

// The comparison is worth nothing if the framework answers everything.
func TestUnchanged_isPlannedWithoutTheFramework(t *testing.T) {
	t.Parallel()
	p := newPlanner(t, nil)
	alone := 0
	for seed := range uint64(100) {
		if p.alone(t.Context(), p.request(t, drawn(seed))) {
			alone++
		}
	}
	if t.Logf("%d of 100", alone); alone < 5 {
		t.Errorf("only %d of 100 were", alone)
	}
}
