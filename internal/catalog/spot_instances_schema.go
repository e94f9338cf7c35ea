package catalog

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/inventory"
)

func spotInstancesSchema() schema.Schema {
	attributes := inventory.DataSourceAttributes()
	attributes["instances"] = spotInstancesAttribute
	return schema.Schema{
		MarkdownDescription: "The account's Spot Instances in the provider's region, whoever has launched them, in any state. A machine has the names and values that " +
			"`kec_spot_instance` has for it, so that one which no state knows can be imported with a configuration that comes from here.\n\n" +
			"A request of DescribeInstances reads 1000 machines, and KEC leaves out those of another zone, type or state. The rest of the filter is applied here, and one " +
			"request of ListTagsByResourceIds asks for the tags of each 100 machines that pass: twelve machines by their name among 20 000 take 21 requests, and by " +
			"their tags alone 220, because the tags of all are needed then. One request more asks for the projects of the account, unless `project_id` is set. Without the " +
			"permission for it (iam `GetAccountAllProjectList`) the machines of the default project are listed, with a warning.",
		Attributes: attributes,
	}
}

var spotInstancesAttribute = objects("The machines, by the time of their creation and then by id; empty if there are none.",
	map[string]schema.Attribute{
		"id":                   text("Instance id, a UUID."),
		"instance_name":        text("Name."),
		"state":                text("State as KEC names it, such as `active`, `stopped`, `error` or `deleting`."),
		"instance_type":        text("Instance type, such as `N3.2B`."),
		"image_id":             text("Image that the machine was launched from, as KEC writes it: a UUID, or `IMG-` and a UUID."),
		"availability_zone":    text("Zone, such as `cn-beijing-6a`."),
		"vpc_id":               text("VPC of the primary network interface, a UUID."),
		"subnet_id":            text("Subnet of the primary network interface, a UUID."),
		"network_interface_id": text("Primary network interface, a UUID."),
		"private_ip_address":   text("IPv4 address of the primary network interface."),
		"public_ip":            text("Public IPv4 address of the primary network interface; null without one."),
		"security_group_ids": schema.SetAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Security groups of the primary network interface, UUIDs; null if KEC does not tell.",
		},
		"key_ids": schema.SetAttribute{
			Computed: true, ElementType: types.StringType, MarkdownDescription: "SSH keys that may log in, ids; null for none.",
		},
		"spot_strategy":    text("How it bids: `SpotAsPriceGo` follows the market price, `SpotWithPriceLimit` never pays more than `spot_price_limit`."),
		"spot_price_limit": number("Highest price to pay, in CNY per hour, exact; null for a bid without a limit."),
		"project_id":       whole("Project that the machine belongs to; 0 is the default project."),
		"host_name":        text("Host name inside the machine; null if KEC does not tell."),
		"system_disk": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: "System disk.",
			Attributes: map[string]schema.Attribute{
				"id":       text("Disk id, a UUID; null if KEC does not tell."),
				"type":     text("Disk type, such as `SSD3.0`."),
				"size_gib": whole("Size in GiB."),
			},
		},
		"data_disks": objects("Cloud disks that are attached, in KEC's order; empty if there are none.", map[string]schema.Attribute{
			"id":       text("Disk id, a UUID."),
			"type":     text("Disk type, such as `SSD3.0`."),
			"size_gib": whole("Size in GiB."),
			"delete_with_instance": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether the disk is deleted with the machine; `false`: it stays and is charged. Null if KEC does not tell.",
			},
		}),
		"tags": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Tags, those of the provider's `default_tags` too. KEC's own, which start with `ksc`, and the provider's (`kec-launch-mark`, `kec-start-again`, `kec-fleet-id`) are not shown.",
		},
		"created_at":      text("Time of creation, RFC 3339 in UTC."),
		"protected_until": text("End of the first hour, RFC 3339 in UTC. Until then KEC does not release the machine, whatever the market does."),
		"recycling_time":  text("Time at which KEC will release the machine, RFC 3339 in UTC; null until KEC announces it, ten minutes ahead."),
		"launched_by_terraform": schema.BoolAttribute{
			Computed:            true,
			MarkdownDescription: "Whether a provider of this kind has launched the machine: it bears the tag `kec-launch-mark`. `false` for one from the console or another tool, also after it was imported.",
		},
		"fleet_id": text("Fleet that the machine belongs to, by the tag `kec-fleet-id`; null for none."),
	})
