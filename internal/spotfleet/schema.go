package spotfleet

import (
	"cmp"
	"context"
	"maps"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// mostMachines is how many machines a fleet may have: the numbers behind their names have four
// digits (fact 60: InstanceNameSuffix up to 9999).
const mostMachines = 9999

// The orders in which candidates are asked.
const (
	orderListed = "listed"
	orderPrice  = "price"
	orderSpread = "spread"
)

// Schema is the fleet's own attributes and those of the wizard's steps, each of which is described
// there.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, some := range []map[string]schema.Attribute{
		sizeAttributes(),
		ofMembers(
			wizard.Image{}.Attributes(), wizard.Firewall{}.Attributes(), wizard.Storage{}.Attributes(), wizard.Address{}.Attributes(),
			wizard.Login{}.Attributes(), wizard.Naming{}.Attributes(), wizard.TagMaps{}.Attributes(), wizard.Boot{}.Attributes(),
		),
		wizard.Deadlines(ctx, deadlines), reportedAttributes(),
	} {
		maps.Copy(attributes, some)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A fleet of Spot Instances: as many machines as you want, of any of several types, zones and bids, within a price.\n\n" +
			"Each apply brings the fleet to its size. What is missing is ordered from the candidates, up to 100 machines in a request, until there are " +
			"enough or no candidate has more. Machines that KEC has taken are reported in one warning and ordered anew by the next apply. Fewer than " +
			"`min_capacity` is an error: at the creation nothing stays then, later everything does.\n\n" +
			"Size, candidates, order and ceiling change in place, touching no more machines than they must; names, security groups, tags and project change on all machines in " +
			"place; everything else holds for new machines only. `-replace` rebuilds all.\n\n" +
			"For a machine that has a name, a disk or an address that must stay its own, use `kec_spot_instance` with `for_each`.",
		Attributes: attributes,
	}
}

func sizeAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"target_capacity": schema.Int64Attribute{
			Required:            true,
			MarkdownDescription: "How many machines the fleet is to have, 0 to 9999. Changed in place: more are ordered, or the least useful are ended.",
			Validators:          []validator.Int64{int64validator.Between(0, mostMachines)},
		},
		"min_capacity": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "How many machines must be had, 0 to `target_capacity`. Fewer is an error, as many or more and less than the target a warning. " +
				"Default: `target_capacity`.",
			Validators: []validator.Int64{int64validator.Between(0, mostMachines)},
		},
		"candidates": schema.ListNestedAttribute{
			Required: true,
			MarkdownDescription: "What may be bought, where and for how much, at least one. Those with `on_demand` are asked last, whatever `order` says. " +
				"Changed in place: machines of a candidate that is taken out stay until they are lost or the fleet shrinks.",
			Validators:   []validator.List{listvalidator.SizeAtLeast(1)},
			NestedObject: schema.NestedAttributeObject{Attributes: candidateAttributes()},
		},
		"order": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "In which order candidates are asked: `listed`, as they are written; `price`, the cheapest at that moment first; `spread`, evenly over all. " +
				"Default: `listed`.",
			Validators: []validator.String{stringvalidator.OneOf(orderListed, orderPrice, orderSpread)},
		},
		"max_hourly_cost": schema.NumberAttribute{
			Optional: true,
			MarkdownDescription: "What all machines together may cost at most, in CNY per hour, CPU and memory only. A machine counts with its price limit, one " +
				"without a limit and one on demand with the on-demand price at its launch. Nothing is ordered that would exceed it. Needed where a candidate is `on_demand`. Default: none.",
			Validators: []validator.Number{cost{}},
		},
		"wait_for_stock": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How long an apply waits for stock and price where the candidates have too little, such as `30m`. It looks, which buys nothing, and orders what fits as it " +
				"appears. Stock and price then veto no plan. Default: it does not wait.",
			Validators: []validator.String{duration{}},
		},
		"replace_before_release": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "`true` orders a successor as soon as KEC announces the release of a machine, so that the fleet has one more until it goes. It must fit under " +
				"`max_hourly_cost`. Default: `false`: it is ordered when the machine is gone.",
		},
	}
}

// candidateAttributes describes a candidate. What every candidate needs is optional in the schema
// and required by a rule, see [wizard.Storage].
func candidateAttributes() map[string]schema.Attribute {
	bid, place := ofMembers(wizard.Bid{}.Attributes()), ofMembers(wizard.Place{}.Attributes())
	return map[string]schema.Attribute{
		"instance_type":    required(bid["instance_type"]),
		"subnet_id":        required(place["subnet_id"]),
		"spot_price_limit": bid["spot_price_limit"],
		"max_price_share": schema.NumberAttribute{
			Optional: true,
			MarkdownDescription: "Highest price as a share of the on-demand price, more than 0 and at most 1: the limit of a machine is worked out at its launch, rounded down to 5 decimals. " +
				"Not with `spot_price_limit`. Default: none, the bid follows the market.",
			Validators: []validator.Number{share{}},
		},
		"on_demand": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "`true` buys pay-as-you-go machines (`HourlyInstantSettlement`), which KEC does not reclaim, as the last resort. Needs `max_hourly_cost`; not with a price limit. " +
				"Default: `false`.",
		},
	}
}

func reportedAttributes() map[string]schema.Attribute {
	machine := wizard.Reported{}.Attributes()
	for name, more := range map[string]map[string]schema.Attribute{
		"instance_type": wizard.Bid{}.Attributes(), "spot_price_limit": wizard.Bid{}.Attributes(),
		"subnet_id": wizard.Place{}.Attributes(), "private_ip_address": wizard.Place{}.Attributes(),
	} {
		machine[name] = more[name]
	}
	machine["name"] = wizard.Naming{}.Attributes()["instance_name"]
	machine["charge_type"] = schema.StringAttribute{MarkdownDescription: "How it is charged: `Spot` or `HourlyInstantSettlement`."}
	delete(machine, "vpc_id")
	delete(machine, "network_interface_id")
	count := func(text string) schema.Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: text}
	}
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "Fleet id, a UUID made by the provider. Each machine bears it in the tag `kec-fleet-id`, which `tags` does not show; " +
				"the data source `kec_spot_instances` shows it as `fleet_id`.",
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"members": schema.ListNestedAttribute{
			Computed:            true,
			MarkdownDescription: "The machines, by creation and id.",
			NestedObject:        schema.NestedAttributeObject{Attributes: shown(machine)},
		},
		"capacity": schema.SingleNestedAttribute{
			Computed:            true,
			MarkdownDescription: "How many machines there are.",
			Attributes: map[string]schema.Attribute{
				"target":          count("How many the fleet is to have."),
				"running":         count("How many are active."),
				"being_reclaimed": count("For how many KEC has announced the release."),
				"missing":         count("How many the next apply orders."),
			},
		},
		"hourly_cost_ceiling": schema.NumberAttribute{
			Computed: true,
			MarkdownDescription: "What the machines cost at most, in CNY per hour: the sum that `max_hourly_cost` bounds. Null where the on-demand price of a machine without a " +
				"limit is not known.",
		},
		"tags_all": wizard.TagMaps{}.ReportedAttributes()["tags_all"],
	}
}

// deadlines describes the parts of timeouts.
var deadlines = timeouts.Opts{
	CreateDescription: "Longest time for a creation until the machines run, such as `20m`. Default: 60 minutes.",
	ReadDescription:   "Longest time for a refresh, such as `30s`. Default: 10 minutes.",
	UpdateDescription: "Longest time for an update, such as `5m`. Default: 60 minutes.",
	DeleteDescription: "Longest time for a deletion until KEC confirms it, such as `5m`. Default: 30 minutes.",
}

// changeSentence is what a description of the wizard says about a change of the attribute.
var changeSentence = regexp.MustCompile(`(A change replaces\s+the instance|Changed in place)[^.]*\.`)

// changesOfMembers are the attributes that change in place on all machines.
var changesOfMembers = map[string]bool{"instance_name": true, "security_group_ids": true, "tags": true, "project_id": true}

// ownWords are the descriptions of attributes of which a fleet makes another use than one machine.
var ownWords = map[string]string{
	"instance_name": "Name of the machines, 2 to 64 characters with the number that is put behind it, Chinese or Latin: `web-` names web-1, web-2 and so on. " +
		"Default: `KSC-IN-` and ten characters, chosen by KEC; taking it out keeps the present ones. Changed in place on all machines, which keep their numbers.",
	"host_name": "Host name inside the machines, 2 to 64 letters, digits and hyphens with the number that is put behind it. For images with cloud-init. " +
		"Default: chosen by KEC. A change holds for new machines.",
	"password_wo_version": "Any number; a change of it shows in the plan that `password_wo` has changed, which holds for new machines. Default: none.",
}

// ofMembers are attributes of the wizard as those that every machine of a fleet is launched with:
// what KEC decides for each machine is not among them.
func ofMembers(steps ...map[string]schema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for _, step := range steps {
		for name, a := range step {
			if a.IsOptional() || a.IsRequired() {
				holds := "A change holds for new machines."
				if changesOfMembers[name] {
					holds = "Changed in place on all machines."
				}
				all[name] = settable(a, cmp.Or(ownWords[name], changeSentence.ReplaceAllString(a.GetMarkdownDescription(), holds)))
			}
		}
	}
	return all
}

// settable is an attribute that only the user sets.
func settable(a schema.Attribute, text string) schema.Attribute {
	switch a := a.(type) {
	case schema.StringAttribute:
		a.Computed, a.Default, a.PlanModifiers, a.MarkdownDescription = false, nil, nil, text
		return a
	case schema.Int64Attribute:
		a.Computed, a.Default, a.PlanModifiers, a.MarkdownDescription = false, nil, nil, text
		return a
	case schema.NumberAttribute:
		a.Computed, a.Default, a.PlanModifiers, a.MarkdownDescription = false, nil, nil, text
		return a
	case schema.BoolAttribute:
		a.Computed, a.Default, a.PlanModifiers, a.MarkdownDescription = false, nil, nil, text
		return a
	case schema.SetAttribute:
		a.MarkdownDescription = text
		return a
	case schema.MapAttribute:
		a.MarkdownDescription = text
		return a
	case schema.SingleNestedAttribute:
		a.Computed, a.PlanModifiers, a.MarkdownDescription, a.Attributes = false, nil, text, ofMembers(a.Attributes)
		return a
	case schema.ListNestedAttribute:
		a.MarkdownDescription, a.NestedObject.Attributes = text, ofMembers(a.NestedObject.Attributes)
		return a
	}
	return a
}
