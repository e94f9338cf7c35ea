package spotinstance

import (
	"context"
	"maps"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

const (
	asPriceGo      = "SpotAsPriceGo"
	withPriceLimit = "SpotWithPriceLimit"
)

// Group is a step of the console's wizard: attributes that are read together.
type Group struct {
	Name, Title, Intro string
	Attributes         map[string]schema.Attribute
}

// Groups lists every attribute once, in the order of the wizard.
func Groups(ctx context.Context) []Group {
	return []Group{
		{"billing", "Bid, type and image", "What is bought, and at what price.", billingAttributes()},
		{"network", "Network", "Where it runs: the subnet decides the VPC and the zone.", networkAttributes()},
		{"storage", "Disks", "The system disk, cloud disks beside it, and the local disk of types that have one.", storageAttributes()},
		{"eip", "Public address", "An address of its own, bought with the instance.", eipAttributes()},
		{"login", "Login", "At most one of a password, keys and the login inside a custom image.", loginAttributes()},
		{"organisation", "Names, project and tags", "What it is called and where it is filed.", organisationAttributes()},
		{"advanced", "Advanced settings", "First boot, roles and network options.", advancedAttributes()},
		{"release", "Release and protection", "When it goes by itself, and what keeps it from being deleted.", releaseAttributes()},
		{"operations", "Deadlines", "How long an operation may take.", map[string]schema.Attribute{"timeouts": timeoutsAttribute(ctx)}},
		{"reported", "What KEC reports", "Known after the launch; refreshed by every plan.", computedAttributes()},
	}
}

// Schema is all groups. What a change of an attribute does is decided in one
// place, see changes.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, g := range Groups(ctx) {
		maps.Copy(attributes, g.Attributes)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A Spot Instance of Kingsoft Cloud Elastic Compute (KEC): the console's create-instance wizard with the billing " +
			"mode Spot Instance.\n\n" +
			"A Spot Instance costs a fraction of the pay-as-you-go price and may be released by KEC: never in its first hour, after that with " +
			"ten minutes' notice, when the market price rises above the limit or the stock runs short. A released instance is gone. The next " +
			"plan then says so in a warning, and the next apply orders a replacement.\n\n" +
			"KEC cannot change the bid, type, image, subnet or disks of a Spot Instance, so such a change replaces it. Names, login, security groups, " +
			"project, tags, automatic deletion and protection change in place; those that need a restart say so in the plan.\n\n" +
			"A machine that is managed as `ksyun_instance` of the official provider is taken over, without touching it, by a `moved` block " +
			"(`from = ksyun_instance.NAME`, `to = kec_spot_instance.NAME`), if its charge type is Spot.",
		Attributes: attributes,
	}
}

// IdentitySchema is what tells one instance from all others.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"region": identityschema.StringAttribute{RequiredForImport: true, Description: "Region of the instance, such as cn-beijing-6."},
		"id":     identityschema.StringAttribute{RequiredForImport: true, Description: "Instance id, a UUID."},
	}}
}

func billingAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"spot_strategy": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "How to bid: `SpotAsPriceGo` follows the market price, `SpotWithPriceLimit` never pays more than `spot_price_limit`. " +
				"Default: follows from whether `spot_price_limit` is set. A change replaces the instance: KEC cannot change a bid.",
			Validators:    []validator.String{stringvalidator.OneOf(asPriceGo, withPriceLimit)},
			PlanModifiers: []planmodifier.String{strategyFromLimit{}},
		},
		"spot_price_limit": schema.NumberAttribute{
			Optional: true,
			MarkdownDescription: "Highest price to pay, in CNY per hour, exact to at most 5 decimals. Between the market price at the time of the launch " +
				"and the pay-as-you-go price of the type, both included; KEC refuses anything else. Covers CPU and memory; disks and network are " +
				"charged as usual. Default: none, the bid follows the market. A change replaces the instance: KEC cannot change a bid.",
			Validators: []validator.Number{price{}},
		},
		"instance_type": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Instance type, such as `N3.2B`. Valid values: the console's wizard, for the zone and the billing mode Spot " +
				"Instance (families E1, N2 and N3 are known to have a spot price). A change replaces the instance: KEC cannot change the type of a Spot Instance.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"image_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Image to boot: a UUID, or `IMG-` and a UUID. Valid values: the console's image list of the region; the image must be active. A change replaces the instance.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
	}
}

func loginAttributes() map[string]schema.Attribute {
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
			MarkdownDescription: "SSH keys that may log in. Valid values: the console's key list of the region. Not for images of type `other-linux`. Default: none. Changed in place, with a stop and a start.",
			Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
		},
		"keep_image_login": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default:             booldefault.StaticBool(false),
			MarkdownDescription: "`true` keeps the login that is inside a custom image. Default: `false`. KEC does not report it, so it is not imported. A change replaces the instance.",
		},
	}
}

func organisationAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"instance_name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Name, 2 to 64 characters, Chinese or Latin. Default: `KSC-IN-` and ten characters, chosen by KEC; taking it out keeps the present one. Changed in place.",
			Validators:          []validator.String{stringvalidator.UTF8LengthBetween(2, 64)},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"host_name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Host name inside the machine, 2 to 64 letters, digits and hyphens. For images with cloud-init. Default: chosen by KEC; taking it out keeps the present one. Changed in place, with a restart.",
			Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Za-z0-9-]{2,64}$`),
				"must have 2 to 64 characters, only letters, digits and hyphens")},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"project_id": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Project that the instance belongs to. Valid values: the console's project list. Default: 0, the default project; taking it out keeps the present one. Changed in place.",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
			PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
		},
		"tags": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Tags of the instance; at the launch its data disks get them too. Keys up to 128 characters, not starting with `ksc`; values up to 255. " +
				"Each instance also carries the tag `kec-launch-mark`, by which its launch is found again when an answer is lost; it is not shown here. Default: none. Changed in place.",
			Validators: TagValidators(),
		},
	}
}

// TagValidators hold KEC's rules for tags, of an instance and of the provider's
// default_tags.
func TagValidators() []validator.Map {
	return []validator.Map{
		mapvalidator.NoNullValues(),
		mapvalidator.KeysAre(stringvalidator.UTF8LengthBetween(1, 128), stringvalidator.RegexMatches(
			regexp.MustCompile(`^([^kK]|[kK]([^sS]|$)|[kK][sS]([^cC]|$))`), "must not start with ksc, which KEC keeps for itself"),
			stringvalidator.NoneOf(kec.MarkKey)), // by which a launch is found again
		mapvalidator.ValueStringsAre(stringvalidator.UTF8LengthAtMost(255)),
	}
}

func timeoutsAttribute(ctx context.Context) schema.Attribute {
	attribute := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: "Longest time for a creation until the instance runs, such as `20m`. Default: 30 minutes.",
		ReadDescription:   "Longest time for a refresh, such as `30s`. Default: 5 minutes.",
		UpdateDescription: "Longest time for an update, restarts included, such as `5m`. Default: 20 minutes.",
		DeleteDescription: "Longest time for a deletion until KEC confirms it, such as `5m`. Default: 10 minutes.",
	})
	if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "Deadlines, all waiting and repetition included, as durations with a unit (`s`, `m`, `h`)."
		return nested
	}
	return attribute
}
