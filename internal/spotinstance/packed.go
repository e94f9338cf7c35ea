package spotinstance

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Around each read the framework walks the state several times, and copies the schema at every step: four fifths of the time of a
// refresh, for what this resource has none of (blocks, values that are equal in meaning, write-only values in the state). A
// packed resource is the same one to read, but to the framework its state is a single text, in which there is nothing to walk.

type packed struct{ Resource }

// NewPacked returns the resource for reads of packed states.
func NewPacked(s Settings) resource.Resource { return &packed{Resource{s}} }

var packedType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"packed": tftypes.String}}

// Pack makes a state packed.
func Pack(state *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, error) {
	p, err := tfprotov6.NewDynamicValue(packedType, tftypes.NewValue(packedType, map[string]tftypes.Value{
		"packed": tftypes.NewValue(tftypes.String, string(state.MsgPack)),
	}))
	return &p, err
}

// Unpack is the state in a packed one. That of an instance that is gone is null, packed or not.
func Unpack(state *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, error) {
	v, err := state.Unmarshal(packedType)
	if err != nil || v.IsNull() {
		return state, err
	}
	var fields map[string]tftypes.Value
	var text string
	if err := v.As(&fields); err != nil {
		return nil, err
	}
	if err := fields["packed"].As(&text); err != nil {
		return nil, err
	}
	return &tfprotov6.DynamicValue{MsgPack: []byte(text)}, nil
}

func (p *packed) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{"packed": schema.StringAttribute{Computed: true}}}
}

func (p *packed) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	outer := resp.State
	var text string
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("packed"), &text)...)
	raw, err := (&tfprotov6.DynamicValue{MsgPack: []byte(text)}).Unmarshal(shapeOf().object)
	if err != nil {
		resp.Diagnostics.AddError("The state cannot be read", err.Error())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	req.State = tfsdk.State{Schema: shapeOf().schema, Raw: raw}
	resp.State = req.State
	p.Resource.Read(ctx, req, resp)
	raw, resp.State = resp.State.Raw, outer
	if raw.IsNull() {
		resp.State.RemoveResource(ctx)
		return
	}
	state, err := tfprotov6.NewDynamicValue(shapeOf().object, raw)
	if err != nil {
		resp.Diagnostics.AddError("The state cannot be written", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("packed"), string(state.MsgPack))...)
}
