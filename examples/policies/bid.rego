# No bid above a share of the on-demand price.
#
# The on-demand prices are those that data sources kec_spot_price have read for this plan, see prices.tf. Of several prices of a
# type, in several zones, the lowest counts. The share is data, kept in settings.json: max_bid_percent, 60 if it is left out.
#
# An instance without a spot_price_limit follows the market: it makes no bid that could be judged here.
package kec.bid

default max_percent := 60

max_percent := data.max_bid_percent if is_number(data.max_bid_percent)

deny contains msg if {
	some instance in bidding
	bid := instance.change.after.spot_price_limit
	type := instance.change.after.instance_type
	price := on_demand(type)
	units(bid) > most(price)
	msg := sprintf(
		"%s: spot_price_limit %v is above %v CNY per hour, %v %% of the on-demand price %v of %s. Lower spot_price_limit to %v or less.",
		[instance.address, bid, most(price) / 100000, max_percent, price, type, most(price) / 100000],
	)
}

deny contains msg if {
	some instance in bidding
	type := instance.change.after.instance_type
	not priced(type)
	msg := sprintf(
		"%s: instance_type is %s, and the plan holds no on-demand price of it to judge the bid by. Add a kec_spot_price of %s to the configuration.",
		[instance.address, type, type],
	)
}

# What cannot be judged yet is not waved through.
deny contains msg if {
	some instance in bidding
	some name in ["instance_type", "spot_price_limit"]
	instance.change.after_unknown[name] == true
	msg := sprintf(
		"%s: %s is known only after apply, too late to judge the bid by. Give it a value that the plan knows.",
		[instance.address, name],
	)
}

# An input of another kind has no changes to deny; it must not pass for a clean plan.
deny contains msg if {
	not input.planned_values
	msg := "The input is not the JSON of a plan, so no bid can be judged. Pass what show -json prints for a saved plan."
}

# The instances with a bid that the plan creates, replaces or changes, in all modules. What it leaves alone or only destroys
# is not looked at.
bidding contains instance if {
	some instance in input.resource_changes
	instance.type == "kec_spot_instance"
	some action in instance.change.actions
	action in {"create", "update"}
	has_bid(instance.change)
}

has_bid(change) if change.after.spot_price_limit != null

has_bid(change) if change.after_unknown.spot_price_limit == true

priced(type) if count(prices(type)) > 0

on_demand(type) := min(prices(type))

# All on-demand prices of a type that the plan has read, in all modules.
prices(type) := {price |
	walk(input.prior_state.values, [_, resource])
	resource.mode == "data"
	resource.type == "kec_spot_price"
	resource.values.instance_type == type
	price := resource.values.on_demand_price
	is_number(price)
}

# A price as a whole number of 0.00001 CNY, KEC's smallest step. Whole numbers compare exactly, fractions do not always.
units(price) := round(price * 100000)

# The highest bid for an on-demand price, in the same units, rounded down.
most(price) := floor((units(price) * max_percent) / 100)
