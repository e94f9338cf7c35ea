package spotinstance

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const (
	asPriceGo      = "SpotAsPriceGo"
	withPriceLimit = "SpotWithPriceLimit"
)

// Schema lists the attributes in the order of the console's wizard. Which of
// them replace the instance is decided in one place, see ModifyPlan.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	kept := stringplanmodifier.UseStateForUnknown()
	resp.Schema = schema.Schema{
		MarkdownDescription: "A Spot Instance of Kingsoft Cloud Elastic Compute (KEC): the console's create-instance wizard with the billing " +
			"mode Spot Instance.\n\n" +
			"A Spot Instance costs a fraction of the pay-as-you-go price and may be released by KEC: never in its first hour, after that with " +
			"ten minutes' notice, when the market price rises above the limit or the stock runs short. A released instance is gone. The next " +
			"plan then says so in a warning, and the next apply orders a replacement.\n\n" +
			"KEC cannot change the configuration of a Spot Instance. A change of any attribute but `timeouts` replaces it.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Instance id, a UUID.",
				PlanModifiers:       []planmodifier.String{kept},
			},

			"spot_strategy": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "How to bid: `SpotAsPriceGo` follows the market price, `SpotWithPriceLimit` never pays more than `spot_price_limit`. " +
					"Default: follows from whether `spot_price_limit` is set.",
				Validators:    []validator.String{stringvalidator.OneOf(asPriceGo, withPriceLimit)},
				PlanModifiers: []planmodifier.String{strategyFromLimit{}},
			},
			"spot_price_limit": schema.NumberAttribute{
				Optional: true,
				MarkdownDescription: "Highest price to pay, in CNY per hour, exact to at most 5 decimals. Between the market price at the time of the launch " +
					"and the pay-as-you-go price of the type, both included; KEC refuses anything else. Covers CPU and memory; disks and network are " +
					"charged as usual. Default: none, the bid follows the market.",
				Validators: []validator.Number{price{}},
			},
			"instance_type": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Instance type, such as `N3.2B`. Valid values: the console's wizard, for the zone and the billing mode Spot " +
					"Instance (families E1, N2 and N3 are known to have a spot price).",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"image_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Image to boot: a UUID, or `IMG-` and a UUID. Valid values: the console's image list of the region; the image must be active.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},

			"subnet_id": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Subnet of the primary network interface, a UUID. The subnet decides the VPC and the zone, and so price and stock. " +
					"It must be of type `Normal` and have a free address.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"security_group_ids": schema.SetAttribute{
				Required: true, ElementType: types.StringType,
				MarkdownDescription: "Security groups of the primary network interface, UUIDs, at least one. They must belong to the subnet's VPC. KEC documents " +
					"support for one; its own tools send several.",
				Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"private_ip_address": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "IPv4 address inside the subnet. Default: KEC picks a free one.",
				Validators:          []validator.String{ipv4{}},
				PlanModifiers:       []planmodifier.String{kept},
			},

			"system_disk": schema.SingleNestedAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "System disk. Default: the type and size that KEC gives to the instance type and image.",
				PlanModifiers:       []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
				Attributes: map[string]schema.Attribute{
					"type": schema.StringAttribute{
						Optional: true, Computed: true,
						MarkdownDescription: "Disk type: `Local_SSD`, `SSD3.0`, `EHDD`, `ESSD_PL0`, `ESSD_PL1`, `ESSD_PL2`, `ESSD_Entry`, `ESSD_AutoPL` or one of " +
							"the `ESSD_SYSTEM_` types. Which of them an instance type takes: the console's wizard. Default: the first type that KEC offers for the instance type.",
						Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
						PlanModifiers: []planmodifier.String{kept},
					},
					"size_gib": schema.Int64Attribute{
						Optional: true, Computed: true,
						MarkdownDescription: "Size in GiB, 20 to 500. Default: the image's size.",
						Validators:          []validator.Int64{int64validator.Between(20, 500)},
						PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
					},
				},
			},
			"data_disks": schema.ListNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Cloud disks created and attached with the instance, at most 8. Default: none.",
				Validators:          []validator.List{listvalidator.SizeAtMost(8)},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"type": schema.StringAttribute{
						Required: true,
						MarkdownDescription: "Disk type: `SSD3.0`, `EHDD`, `ESSD_PL0`, `ESSD_PL1`, `ESSD_PL2`, `ESSD_PL3`, `ESSD_Entry`, `ESSD_AutoPL` or " +
							"`Local_SSD`. Which of them a zone offers: the console's wizard.",
						Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
					},
					"size_gib": schema.Int64Attribute{
						Required:            true,
						MarkdownDescription: "Size in GiB. KEC takes 10 to 16000 for most types; ESSD types start higher.",
						Validators:          []validator.Int64{int64validator.AtLeast(1)},
					},
					"snapshot_id": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Snapshot to fill the disk from. Valid values: the console's snapshot list. Default: an empty disk. KEC does not report it, so it is not imported.",
						Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
					},
					"delete_with_instance": schema.BoolAttribute{
						Required: true,
						MarkdownDescription: "What happens to the disk when the instance goes, be it by destroy or because KEC reclaims it. `true`: it is deleted " +
							"with its data. `false`: the data survives, but the disk goes on being charged, outside the state, until somebody deletes it. Neither is a safe " +
							"default, so there is none.",
					},
					"id": schema.StringAttribute{
						Computed:            true,
						MarkdownDescription: "Disk id, a UUID.",
						PlanModifiers:       []planmodifier.String{kept},
					},
				}},
			},

			"password_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true, Sensitive: true,
				MarkdownDescription: "Password of the image's administrator: 8 to 32 characters with an upper-case letter, a lower-case letter and a digit. Write-only: " +
					"it is in no plan and no state. At most one of `password_wo`, `key_ids` and `keep_image_login` can be used; with none of them the login is set " +
					"in the console after creation.",
				Validators: []validator.String{password{}},
			},
			"password_wo_version": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: "Any number; a change of it makes the provider use `password_wo` again, which replaces the instance. Needed to change " +
					"the password, because Terraform cannot see a change of a write-only value. Default: none.",
				Validators: []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("password_wo"))},
			},
			"key_ids": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "SSH keys that may log in. Valid values: the console's key list of the region. Not for images of type `other-linux`. Default: none.",
				Validators:          []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"keep_image_login": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "`true` keeps the login that is inside a custom image. Default: `false`. KEC does not report it, so it is not imported.",
			},

			"instance_name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name, 2 to 64 characters, Chinese or Latin. Default: `KSC-IN-` and ten characters, chosen by KEC.",
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(2, 64)},
				PlanModifiers:       []planmodifier.String{kept},
			},
			"host_name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Host name inside the machine, 2 to 64 letters, digits and hyphens. For images with cloud-init. Default: chosen by KEC.",
				Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Za-z0-9-]{2,64}$`),
					"must have 2 to 64 characters, only letters, digits and hyphens")},
				PlanModifiers: []planmodifier.String{kept},
			},

			"project_id": schema.Int64Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Project that the instance belongs to. Valid values: the console's project list. Default: 0, the default project.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"tags": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Tags of the instance and its data disks. Keys up to 128 characters, not starting with `ksc`; values up to 255. Default: none.",
				Validators: []validator.Map{
					mapvalidator.KeysAre(stringvalidator.UTF8LengthBetween(1, 128), stringvalidator.RegexMatches(
						regexp.MustCompile(`^([^kK]|[kK]([^sS]|$)|[kK][sS]([^cC]|$))`), "must not start with ksc, which KEC keeps for itself")),
					mapvalidator.ValueStringsAre(stringvalidator.UTF8LengthAtMost(255)),
				},
			},

			"user_data": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Script or cloud-config for the first boot, as plain text of at most 16 KiB (16384 bytes); the provider encodes it. For images with cloud-init. " +
					"It is kept in the state as it is: put no secret into it. Default: none.",
				Validators: []validator.String{userData{}},
			},

			"timeouts": timeoutsAttribute(ctx),

			"state": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "State as KEC names it, such as `active` or `stopped`.",
			},
			"availability_zone": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Zone of the subnet, such as `cn-beijing-6a`.",
				PlanModifiers:       []planmodifier.String{kept},
			},
			"vpc_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "VPC of the subnet, a UUID.",
				PlanModifiers:       []planmodifier.String{kept},
			},
			"network_interface_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Primary network interface, a UUID.",
				PlanModifiers:       []planmodifier.String{kept},
			},
			"public_ip": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Public IPv4 address of the primary network interface; null without one.",
			},
			"created_at": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Time of creation, RFC 3339 in UTC.",
				PlanModifiers:       []planmodifier.String{kept},
			},
			"protected_until": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "End of the first hour, RFC 3339 in UTC. Until then KEC does not release the instance, whatever the market does.",
				PlanModifiers:       []planmodifier.String{kept},
			},
			"recycling_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Time at which KEC will release the instance, RFC 3339 in UTC; null until KEC announces it, ten minutes ahead.",
			},
		},
	}
}

func timeoutsAttribute(ctx context.Context) schema.Attribute {
	attribute := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Read: true, Update: true, Delete: true,
		CreateDescription: "Longest time for a creation until the instance runs, such as `20m`. Default: 30 minutes.",
		ReadDescription:   "Longest time for a refresh, such as `30s`. Default: 5 minutes.",
		UpdateDescription: "Longest time for an update, such as `30s`. Default: 20 minutes.",
		DeleteDescription: "Longest time for a deletion until KEC confirms it, such as `5m`. Default: 10 minutes.",
	})
	if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "Deadlines, all waiting and repetition included, as durations with a unit (`s`, `m`, `h`)."
		return nested
	}
	return attribute
}
