package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// unchanged plans the instances of one resource whose proposed state is the prior one. The
// framework walks the schema four times to find that nothing changes, which is most of what a plan
// of many instances costs; here only what could change anything is asked: defaults, plan modifiers
// of the resource's own, and the resource's ModifyPlan. It can go when the framework's walks cost
// no more than ModifyPlan does.
type unchanged struct {
	create   func() resource.Resource
	schema   schema.Schema
	object   tftypes.Type
	identity *identityschema.Schema // nil without one

	// What can change the planned value of a top-level attribute, by its name.
	defaults  map[string]tftypes.Value
	modifiers map[string][]planmodifier.String // without the keepers
	writeOnly []string
}

// keepers are the plan modifiers that change nothing where the planned value is known.
var keepers = map[reflect.Type]bool{
	reflect.TypeOf(boolplanmodifier.UseStateForUnknown()):   true,
	reflect.TypeOf(int64planmodifier.UseStateForUnknown()):  true,
	reflect.TypeOf(objectplanmodifier.UseStateForUnknown()): true,
	reflect.TypeOf(stringplanmodifier.UseStateForUnknown()): true,
}

// newUnchanged learns from the schema what could change a plan. It returns nil for a resource about
// which that cannot be told, and the framework then plans all its instances.
func newUnchanged(ctx context.Context, create func() resource.Resource) *unchanged {
	r := create()
	if _, ok := r.(resource.ResourceWithModifyPlan); !ok {
		return nil
	}
	var resp resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &resp)
	if resp.Diagnostics.HasError() || len(resp.Schema.Blocks) > 0 {
		return nil
	}
	u := &unchanged{
		create: create, schema: resp.Schema, object: resp.Schema.Type().TerraformType(ctx),
		defaults: map[string]tftypes.Value{}, modifiers: map[string][]planmodifier.String{},
	}
	if with, ok := r.(resource.ResourceWithIdentity); ok {
		var resp resource.IdentitySchemaResponse
		with.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &resp)
		u.identity = &resp.IdentitySchema
	}
	for name, a := range u.schema.Attributes {
		if !u.learn(ctx, name, a) {
			return nil
		}
	}
	return u
}

// learn notes what could change the planned value of a top-level attribute. It is false where that
// cannot be told.
func (u *unchanged) learn(ctx context.Context, name string, a schema.Attribute) bool {
	value, modifiers, ok := declared(a)
	if !ok {
		return false
	}
	switch of := value.(type) {
	case nil:
	case defaults.Bool:
		var resp defaults.BoolResponse
		of.DefaultBool(ctx, defaults.BoolRequest{Path: path.Root(name)}, &resp)
		raw, err := resp.PlanValue.ToTerraformValue(ctx)
		if err != nil || resp.Diagnostics.HasError() {
			return false
		}
		u.defaults[name] = raw
	default:
		return false
	}
	for _, m := range modifiers {
		own, ok := m.(planmodifier.String)
		if !ok {
			return false
		}
		u.modifiers[name] = append(u.modifiers[name], own)
	}
	if a.IsWriteOnly() {
		u.writeOnly = append(u.writeOnly, name)
	}
	if nested, ok := a.(schema.NestedAttribute); ok {
		for _, inner := range nested.GetNestedObject().GetAttributes() {
			if !inert(inner) {
				return false
			}
		}
	}
	return true
}

// inert tells whether a nested attribute keeps a known planned value.
func inert(a any) bool {
	value, modifiers, ok := declared(a)
	if !ok || value != nil || len(modifiers) > 0 {
		return false
	}
	if w, ok := a.(interface{ IsWriteOnly() bool }); !ok || w.IsWriteOnly() {
		return false
	}
	_, deeper := a.(schema.NestedAttribute)
	return !deeper
}

// declared is the default of an attribute, nil without one, and its plan modifiers but the keepers.
// It is false for an attribute that is none of the framework's own.
func declared(a any) (value any, modifiers []any, ok bool) {
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != reflect.TypeFor[schema.StringAttribute]().PkgPath() {
		return nil, nil, false
	}
	of, all := v.FieldByName("Default"), v.FieldByName("PlanModifiers")
	if !of.IsValid() || !all.IsValid() {
		return nil, nil, false
	}
	if !of.IsNil() {
		value = of.Interface()
	}
	for i := range all.Len() {
		if m := all.Index(i).Interface(); !keepers[reflect.TypeOf(m)] {
			modifiers = append(modifiers, m)
		}
	}
	return value, modifiers, true
}

// plan answers as the framework would. It is nil where something may change, and then the framework
// has to answer.
func (u *unchanged) plan(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest, providerData any) *tfprotov6.PlanResourceChangeResponse {
	if req.PriorState == nil || req.ProposedNewState == nil || req.Config == nil ||
		len(req.PriorState.MsgPack) == 0 || !bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack) {
		return nil // a CLI encodes both states alike, so equal states are equal to the byte
	}
	prior, err := req.PriorState.Unmarshal(u.object)
	if err != nil || prior.IsNull() || !prior.IsFullyKnown() {
		return nil
	}
	config, err := req.Config.Unmarshal(u.object)
	if err != nil || config.IsNull() || !config.IsKnown() {
		return nil
	}
	ask := resource.ModifyPlanRequest{
		Config: tfsdk.Config{Schema: u.schema, Raw: config}, State: tfsdk.State{Schema: u.schema, Raw: prior}, Plan: tfsdk.Plan{Schema: u.schema, Raw: prior},
	}
	if req.ClientCapabilities != nil {
		ask.ClientCapabilities.DeferralAllowed = req.ClientCapabilities.DeferralAllowed
	}
	private, ok := privateData(ctx, ask.Private, req.PriorPrivate)
	if !ok {
		return nil
	}
	ask.Private, _ = privateData(ctx, ask.Private, req.PriorPrivate)
	if ask.Identity, err = u.identityOf(ctx, req.PriorIdentity); err != nil || !u.keeps(ctx, ask) {
		return nil
	}

	answer := resource.ModifyPlanResponse{Plan: ask.Plan, Private: ask.Private}
	if ask.Identity != nil {
		answer.Identity = &tfsdk.ResourceIdentity{Schema: ask.Identity.Schema, Raw: ask.Identity.Raw.Copy()}
	}
	r := u.create()
	if with, ok := r.(resource.ResourceWithConfigure); ok {
		var resp resource.ConfigureResponse
		if with.Configure(ctx, resource.ConfigureRequest{ProviderData: providerData}, &resp); len(resp.Diagnostics) > 0 {
			return nil
		}
	}
	with, ok := r.(resource.ResourceWithModifyPlan)
	if !ok {
		return nil
	}
	with.ModifyPlan(ctx, ask, &answer)
	if len(answer.RequiresReplace) > 0 || answer.Deferred != nil || !private.Equal(answer.Private) {
		return nil
	}
	return u.response(ctx, req, ask.Identity, &answer)
}

// keeps tells whether the schema leaves every planned value as it is.
func (u *unchanged) keeps(ctx context.Context, ask resource.ModifyPlanRequest) bool {
	var prior, config map[string]tftypes.Value
	if ask.State.Raw.As(&prior) != nil || ask.Config.Raw.As(&config) != nil {
		return false
	}
	for name, value := range u.defaults {
		if config[name].IsNull() && !prior[name].Equal(value) {
			return false
		}
	}
	for _, name := range u.writeOnly {
		if !prior[name].IsNull() {
			return false
		}
	}
	for name, modifiers := range u.modifiers {
		text := func(v tftypes.Value) types.String {
			of, err := types.StringType.ValueFromTerraform(ctx, v)
			if s, ok := of.(types.String); ok && err == nil {
				return s
			}
			return types.StringUnknown()
		}
		at := path.Root(name)
		before := planmodifier.StringRequest{
			Path: at, PathExpression: at.Expression(), Private: ask.Private,
			Config: ask.Config, ConfigValue: text(config[name]), State: ask.State, StateValue: text(prior[name]), Plan: ask.Plan, PlanValue: text(prior[name]),
		}
		after := planmodifier.StringResponse{PlanValue: before.PlanValue, Private: before.Private}
		for _, m := range modifiers {
			m.PlanModifyString(ctx, before, &after)
		}
		if after.RequiresReplace || len(after.Diagnostics) > 0 || !after.PlanValue.Equal(before.PlanValue) {
			return false
		}
	}
	return true
}

func (u *unchanged) identityOf(ctx context.Context, data *tfprotov6.ResourceIdentityData) (*tfsdk.ResourceIdentity, error) {
	if u.identity == nil {
		return nil, nil //nolint:nilnil // a resource without identity has none
	}
	of := u.identity.Type().TerraformType(ctx)
	raw := tftypes.NewValue(of, nil)
	var err error
	if data != nil && data.IdentityData != nil {
		raw, err = data.IdentityData.Unmarshal(of)
	}
	return &tfsdk.ResourceIdentity{Schema: *u.identity, Raw: raw}, err
}

// privateData makes the private state of the framework's own type, which has no name outside of it.
// It is false where the framework would not write it back as it is.
func privateData[P interface {
	*T
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}, T any](ctx context.Context, _ P, raw []byte) (P, bool) {
	data := P(new(T))
	if len(raw) == 0 {
		return data, true
	}
	var all map[string][]byte
	if json.Unmarshal(raw, &all) != nil || len(all) == 0 {
		return nil, false
	}
	for key, value := range all {
		if len(value) == 0 || data.SetKey(ctx, key, value).HasError() {
			return nil, false
		}
	}
	again, err := json.Marshal(all)
	return data, err == nil && bytes.Equal(again, raw)
}

// response is nil where the resource has done more than plan and speak about top-level attributes.
func (u *unchanged) response(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest, identity *tfsdk.ResourceIdentity, answer *resource.ModifyPlanResponse) *tfprotov6.PlanResourceChangeResponse {
	resp := &tfprotov6.PlanResourceChangeResponse{PlannedPrivate: req.PriorPrivate}
	for _, d := range answer.Diagnostics {
		out := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverity(d.Severity()), Summary: d.Summary(), Detail: d.Detail()}
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			steps := at.Path().Steps()
			name, ok := steps[0].(path.PathStepAttributeName)
			if !ok || len(steps) > 1 {
				return nil
			}
			out.Attribute = tftypes.NewAttributePath().WithAttributeName(string(name))
		}
		resp.Diagnostics = append(resp.Diagnostics, out)
	}
	state, err := tfprotov6.NewDynamicValue(u.object, answer.Plan.Raw)
	if err != nil {
		return nil
	}
	resp.PlannedState = &state
	if identity != nil {
		if answer.Identity == nil || !answer.Identity.Raw.Equal(identity.Raw) {
			return nil
		}
		data, err := tfprotov6.NewDynamicValue(identity.Schema.Type().TerraformType(ctx), identity.Raw)
		if err != nil {
			return nil
		}
		resp.PlannedIdentity = &tfprotov6.ResourceIdentityData{IdentityData: &data}
	}
	return resp
}
