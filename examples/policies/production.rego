# No automatic bidding in production: an instance with the tag env = production needs a spot_price_limit.
package kec.production

deny contains msg if {
	some instance in unlimited
	env(instance.change) == "production"
	msg := sprintf(
		"%s: spot_strategy is %s, but the tag env is production. Set spot_price_limit to the most that the machine may cost.",
		[instance.address, strategy(instance.change)],
	)
}

# What cannot be judged yet is not waved through.
deny contains msg if {
	some instance in unlimited
	env_unknown(instance.change)
	msg := sprintf(
		"%s: spot_strategy is %s, but the tag env is known only after apply. Set spot_price_limit, or give env a value that the plan knows.",
		[instance.address, strategy(instance.change)],
	)
}

# An input of another kind has no changes to deny; it must not pass for a clean plan.
deny contains msg if {
	not input.planned_values
	msg := "The input is not the JSON of a plan, so no tag can be judged. Pass what show -json prints for a saved plan."
}

# The instances that the plan creates, replaces or changes, in all modules, and that have no limit or may turn out to have
# none. What it leaves alone or only destroys is not looked at.
unlimited contains instance if {
	some instance in input.resource_changes
	instance.type == "kec_spot_instance"
	some action in instance.change.actions
	action in {"create", "update"}
	strategy(instance.change) != "SpotWithPriceLimit"
}

strategy(change) := object.get(change.after, "spot_strategy", "known only after apply")

# tags_all holds the provider's default_tags too. While those are unknown, the plan may still know the instance's own tags.
env(change) := object.get(change.after, ["tags_all", "env"], object.get(change.after, ["tags", "env"], ""))

env_unknown(change) if change.after_unknown.tags_all.env == true

env_unknown(change) if {
	change.after_unknown.tags_all == true
	env(change) == ""
}
