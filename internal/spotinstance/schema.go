package spotinstance

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Groups lists every attribute once, in the order of the wizard.
func Groups(ctx context.Context) []wizard.Group {
	return wizard.Groups(wizard.Group{
		Title: "Deadlines", Intro: "How long an operation may take.",
		Attributes: wizard.Deadlines(ctx, deadlines),
	})
}

// Schema is all groups. What a change of an attribute does is said by its line in the table of
// parameters.
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
			"KEC cannot change the bid, type, image, subnet or disks of a Spot Instance, so such a change replaces it. Names, login, security groups, role, " +
			"project, tags, automatic deletion and protection change in place; those that need a restart say so in the plan.\n\n" +
			"A machine that is managed as `ksyun_instance` of the official provider is taken over, without touching it, by a `moved` block " +
			"(`from = ksyun_instance.NAME`, `to = kec_spot_instance.NAME`), if its charge type is Spot.",
		Attributes: attributes,
	}
}

// deadlines describes the parts of timeouts.
var deadlines = timeouts.Opts{
	CreateDescription: "Longest time for a creation until the instance runs, such as `20m`. Default: 30 minutes.",
	ReadDescription:   "Longest time for a refresh, such as `30s`. Default: 5 minutes.",
	UpdateDescription: "Longest time for an update, restarts included, such as `5m`. Default: 20 minutes.",
	DeleteDescription: "Longest time for a deletion until KEC confirms it, such as `5m`. Default: 10 minutes.",
}
