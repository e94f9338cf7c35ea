package wizard

import (
	"context"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Login is how to log in: at most one of a password, keys and the login inside a custom image.
type Login struct {
	PasswordWO        types.String `tfsdk:"password_wo"`
	PasswordWOVersion types.Int64  `tfsdk:"password_wo_version"`
	KeyIDs            types.Set    `tfsdk:"key_ids"`
	KeepImageLogin    types.Bool   `tfsdk:"keep_image_login"`
}

// Attributes describes the step.
func (Login) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"password_wo": schema.StringAttribute{
			Optional: true, WriteOnly: true, Sensitive: true,
			MarkdownDescription: "Password of the image's administrator: 8 to 32 characters with an upper-case letter, a lower-case letter and a digit. Write-only: " +
				"it is in no plan and no state. At most one of `password_wo`, `key_ids` and `keep_image_login` can be used; with none of them the login is set " +
				"in the console after creation.",
			Validators: []validator.String{password{}},
		},
		"password_wo_version": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "Any number; a change of it makes the provider use `password_wo` again, in place, with a restart. Needed to change " +
				"the password, because Terraform cannot see a change of a write-only value. Default: none.",
			Validators: []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("password_wo"))},
		},
		"key_ids": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "SSH keys that may log in. Valid values: the console's key list of the region. Not for images of type `other-linux`. Default: the keys are not managed; `[]` says that there are none. Changed in place, with a stop and a start.",
			Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
		},
		"keep_image_login": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default:             booldefault.StaticBool(false),
			MarkdownDescription: "`true` keeps the login that is inside a custom image. Default: `false`. KEC does not report it, so it is not imported. A change replaces the instance.",
		},
	}
}

// The calls that change the login.
const (
	ChangePassword param.Change = "password"
	ChangeKeys     param.Change = "keys"
)

// Lines adds the settings of the step to the table of parameters.
func (l Login) Lines(t *param.Table) {
	t.Root("password_wo", "InstancePassword", l.PasswordWO)
	t.Version("password_wo_version", l.PasswordWOVersion).InPlace(ChangePassword).Unreported()
	anyCase(t.Root("key_ids", "KeyId", l.KeyIDs)).InPlace(ChangeKeys)
	t.Root("keep_image_login", "KeepImageLogin", unlessFalse(l.KeepImageLogin)).Unreported()
}

// Refresh reads the step back from a look at the machine. Keys that the user leaves out are not
// managed, and an import without keys leaves them out; an empty set says that there are none.
func (l *Login) Refresh(look *Look) {
	if !l.KeyIDs.IsNull() || look.imported && (look.KeyIDs == nil || len(look.KeyIDs) > 0) {
		l.KeyIDs = look.ids("key_ids", look.KeyIDs, l.KeyIDs)
	}
	l.KeepImageLogin = tfvalue.KeepFlag(nil, l.KeepImageLogin)
}

// Validate holds the rules that need more than one attribute.
func (l Login) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	var ways []string
	for _, way := range []struct {
		name string
		used bool
	}{
		{"password_wo", !l.PasswordWO.IsNull() && !l.PasswordWO.IsUnknown()},
		{"key_ids", len(l.KeyIDs.Elements()) > 0},
		{"keep_image_login", l.KeepImageLogin.ValueBool()},
	} {
		if way.used {
			ways = append(ways, way.name)
		}
	}
	if len(ways) > 1 {
		diags.AddAttributeError(path.Root(ways[1]), "Two ways to log in",
			fmt.Sprintf("Both %s and %s are set, but an instance has one way to log in.\n\nKeep one of them.", ways[0], ways[1]))
	}
	return diags
}

// password states KEC's rule without ever repeating the value.
type password struct{}

func (password) Description(context.Context) string {
	return "8 to 32 characters with an upper-case letter, a lower-case letter and a digit"
}

func (p password) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

func (p password) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	secret := req.ConfigValue.ValueString()
	var upper, lower, digit, hidden bool
	for _, c := range secret {
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
		digit = digit || c >= '0' && c <= '9'
		hidden = hidden || !unicode.IsGraphic(c) || unicode.IsSpace(c)
	}
	lacks := ""
	switch n := utf8.RuneCountInString(secret); {
	case n < 8 || n > 32:
		lacks = fmt.Sprintf("It has %d characters", n)
	case !upper:
		lacks = "It has no upper-case letter"
	case !lower:
		lacks = "It has no lower-case letter"
	case !digit:
		lacks = "It has no digit"
	case hidden:
		lacks = "It has a space or an invisible character"
	default:
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Password breaks KEC's rule", lacks+"; KEC wants "+p.Description(ctx)+".\n\nChoose another password.")
}
