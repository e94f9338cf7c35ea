package main

import (
	"context"
	"fmt"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// fleet is how many workers the example declares.
const fleet = 3

// The workers that are ordered beside the fleet, and the one that KEC takes back.
const (
	soldOut   = `web-3 = { zone = "cn-beijing-6a", instance_type = "N3.2B" }`
	tooDear   = `job-2 = { zone = "cn-beijing-6b", instance_type = "N3.4B" }`
	reclaimed = "web-2"
)

const (
	resourceBlock = `resource "kec_spot_instance" "worker"`
	dataBlock     = `data "kec_spot_order" "asked"`
)

var story = []step{
	{"Install the provider and point an ordinary configuration at a simulated KEC, so that no account is needed.", (*demo).install},
	{"Plan a small fleet: three spot workers in two zones, at most 0.1 CNY per hour each. Nothing is bought yet.", (*demo).plan},
	{"Apply that plan: KEC opens the three workers.", (*demo).apply},
	{"Plan again: nothing has changed, so the plan must be empty.", (*demo).planAgain},
	{"Read the outputs: where each worker runs, until when KEC cannot reclaim it, what it may cost.", (*demo).outputs},
	{"Day two: every worker gets another tag. KEC can change that in place, so no machine may be replaced.", (*demo).retag},
	{"Somebody buys the last N3.2B in cn-beijing-6a. Plan one more: the plan must say that it cannot be had, and where it can.", (*demo).outOfStock},
	{"The price of N3.4B in cn-beijing-6b rises above our limit. Plan one: the plan must name both prices.", (*demo).belowMarket},
	{"Order the sold-out type without that check: KEC itself must refuse, and we must read what to change.", (*demo).refused},
	{"Order it once more; KEC now accepts first and fails later: it must say why, and leave nothing behind.", (*demo).failLater},
	{"Look that failed order up by its id: the plan must stop and say why the order failed.", (*demo).explainOrder},
	{"Two hours later KEC takes one worker back: the plan must warn, with the minutes that are left.", (*demo).notice},
	{"Save the notice, which a plan only shows, so that the next plan can explain what happened.", (*demo).remember},
	{"Eleven minutes later the worker is gone: the plan must say that KEC released it, and propose a replacement.", (*demo).released},
	{"Apply that plan: the replacement is ordered, and the fleet is whole again.", (*demo).replace},
	{"Destroy the fleet. Its newest worker is in its protected hour, so a warning must say what is given up.", (*demo).destroy},
	{"Ask the simulator what is left, because whatever is left would go on costing money: nothing may be.", (*demo).empty},
}

func (d *demo) install(ctx context.Context) error {
	var err error
	if d.tfvars, err = d.cli.read("terraform.tfvars"); err != nil {
		return err
	}
	d.say("# kecsim serves on %s. The provider block is empty: everything comes from the environment.", d.sim.URL)
	for _, pair := range []string{
		"KEC_ENDPOINT=" + d.sim.URL, "KSYUN_REGION=" + kecsim.Region,
		"KSYUN_ACCESS_KEY=" + kecsim.AccessKey, "KSYUN_SECRET_KEY=" + kecsim.SecretKey,
	} {
		d.say("$ export %s", pair)
		d.cli.setenv(pair)
	}
	d.say("$ cd examples/demo    # a copy of it")
	return d.run(ctx, want{says: []string{"Installed kingsoftcloud/kec v" + providerVersion, "successfully initialized"}}, "init")
}

func (d *demo) plan(ctx context.Context) error {
	return d.run(ctx, want{says: []string{
		"Plan: 3 to add, 0 to change, 0 to destroy.", `kec_spot_instance.worker["web-1"] will be created`, `kec_spot_instance.worker["job-1"] will be created`,
		`spot_strategy = "SpotWithPriceLimit"`, "Saved the plan to: fleet.tfplan",
	}}, "plan", "-out=fleet.tfplan")
}

func (d *demo) apply(ctx context.Context) error {
	return d.run(ctx, want{says: []string{
		"Apply complete! Resources: 3 added, 0 changed, 0 destroyed.", `zone" = "cn-beijing-6a"`, `zone" = "cn-beijing-6b"`,
	}, alive: fleet}, "apply", "fleet.tfplan")
}

func (d *demo) planAgain(ctx context.Context) error {
	return d.run(ctx, want{says: []string{"No changes."}, alive: fleet}, "plan", "-detailed-exitcode")
}

func (d *demo) outputs(ctx context.Context) error {
	return d.run(ctx, want{says: []string{`"price_limit" = 0.1`, `"private_ip" = "10.7.`, `"protected_until" = "20`}, alive: fleet}, "output")
}

func (d *demo) retag(ctx context.Context) error {
	const tags = `tags = { fleet = "demo", team = "search" }`
	d.tfvars += "\n" + tags + "\n"
	if err := d.cli.write("terraform.tfvars", d.tfvars); err != nil {
		return err
	}
	d.say("# In terraform.tfvars:\n+ %s\n", tags)
	return d.run(ctx, want{says: []string{
		"Apply complete! Resources: 0 added, 3 changed, 0 destroyed.", `+ "team" = "search"`, "Plan: 0 to add, 3 to change, 0 to destroy.",
	}, alive: fleet}, "apply", "-auto-approve")
}

func (d *demo) outOfStock(ctx context.Context) error {
	if err := d.steer(ctx, "The last N3.2B in cn-beijing-6a is sold.", event{"stock", `{"zone": "cn-beijing-6a", "type": "N3.2B", "count": 0}`}); err != nil {
		return err
	}
	at, err := d.order(soldOut, "instance_type")
	if err != nil {
		return err
	}
	return d.run(ctx, want{code: 1, says: []string{
		"Error: Out of stock: 1 wanted, 0 available", `with kec_spot_instance.worker["web-3"],`, at,
		"This plan orders 1 N3.2B in cn-beijing-6a; KEC can open 0 now, 1 short. In cn-beijing-6c it can open 50, in cn-beijing-6b 49.",
		"Choose another instance_type, or a subnet_id in another zone, or try again later.",
		"Code: OutOfStock (preflight, DescribeKecInventory)",
	}, alive: fleet}, "plan")
}

func (d *demo) belowMarket(ctx context.Context) error {
	if err := d.steer(ctx, "N3.4B in cn-beijing-6b costs 0.25 CNY per hour from now on; nobody runs one there.",
		event{"price", `{"zone": "cn-beijing-6b", "type": "N3.4B", "spot": "0.25"}`}); err != nil {
		return err
	}
	at, err := d.order(tooDear, "spot_price_limit")
	if err != nil {
		return err
	}
	return d.run(ctx, want{code: 1, says: []string{
		"Error: Spot price limit is below the market price", `with kec_spot_instance.worker["job-2"],`, at,
		"N3.4B in cn-beijing-6b costs 0.25 CNY per hour now (on-demand 0.393); the limit is 0.1.", "at the lowest and 0.25 at the highest.",
		"Raise spot_price_limit to at least 0.25, or leave it out to follow the market.",
		"Code: PriceBelowMarket (preflight, DescribeSpotPriceHistory)",
	}, alive: fleet}, "plan")
}

// order puts one more worker into the variables, and returns the line at which the message about it
// must point.
func (d *demo) order(worker, attribute string) (at string, err error) {
	if err := d.edit(worker); err != nil {
		return "", err
	}
	return d.at(attribute, resourceBlock)
}

// check says how loud the check of the plan is from now on.
func (d *demo) check(mode string) {
	d.say("$ export KEC_PREFLIGHT=%s", mode)
	d.cli.setenv("KEC_PREFLIGHT=" + mode)
}

func (d *demo) refused(ctx context.Context) error {
	d.check("off")
	at, err := d.order(soldOut, "instance_type")
	if err != nil {
		return err
	}
	return d.run(ctx, want{code: 1, says: []string{
		"Error: Out of stock: 1 wanted, 0 available", `with kec_spot_instance.worker["web-3"],`, at,
		"1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now. In cn-beijing-6c it can open 50, in cn-beijing-6b 49.",
		"Choose another instance_type, or a subnet_id in another zone, or try again later.",
		"Code: OutOfStock", "(ProductSellOutInvalid), RunInstances, request KEC-",
	}, alive: fleet}, "apply", "-auto-approve")
}

func (d *demo) failLater(ctx context.Context) error {
	if err := d.steer(ctx, "KEC finds out only while it opens the instance that none is left.", event{"settings", `{"asyncChecks": true}`}); err != nil {
		return err
	}
	at, err := d.at("instance_type", resourceBlock)
	if err != nil {
		return err
	}
	return d.run(ctx, want{code: 1, says: []string{
		"Error: Spot launch failed, likely cause: out of stock", `with kec_spot_instance.worker["web-3"],`, at,
		`which then ended in state "error".`, "KEC gave no reason; this is concluded from what it offers now.",
		"Nothing is left of instance", "Code: OutOfStock (inferred)",
	}, alive: fleet}, "apply", "-auto-approve")
}

func (d *demo) explainOrder(ctx context.Context) error {
	d.check("error")
	if err := d.edit(""); err != nil {
		return err
	}
	id, err := d.failedOrder(ctx)
	if err != nil {
		return err
	}
	at, err := d.at("order_id", dataBlock)
	if err != nil {
		return err
	}
	return d.run(ctx, want{code: 1, says: []string{
		"Error: Spot order failed, likely cause: out of stock", "with data.kec_spot_order.asked[0],", at,
		fmt.Sprintf("Order %s failed (status 21: all instances failed to open).", id),
		"Code: OutOfStock (inferred)", "QueryOrderInfo", "sub-order " + id + "-1",
	}, alive: fleet}, "plan", "-var", "order_id="+id)
}

func (d *demo) notice(ctx context.Context) error {
	machines, err := d.sim.Machines(ctx)
	if err != nil {
		return err
	}
	id := ""
	for _, m := range machines {
		if m.Name == reclaimed {
			id = m.ID
		}
	}
	if id == "" {
		return fmt.Errorf("the simulator has no instance named %s", reclaimed)
	}
	if err := d.steer(ctx, "Stock and price are as they were, and two hours go by: the protected first hour is over.",
		event{"stock", `{"zone": "cn-beijing-6a", "type": "N3.2B", "count": 50}`},
		event{"price", `{"zone": "cn-beijing-6b", "type": "N3.4B", "spot": "0.0796"}`},
		event{"settings", `{"asyncChecks": false}`},
		event{"advance", `{"duration": "2h"}`}); err != nil {
		return err
	}
	if err := d.steer(ctx, "KEC announces that it releases "+reclaimed+" in ten minutes; three of them go by before anybody looks.",
		event{"reclaim", `{"id": "` + id + `"}`},
		event{"advance", `{"duration": "3m"}`}); err != nil {
		return err
	}
	return d.run(ctx, want{says: []string{
		"Warning: KEC will release this spot instance in 7 minutes", `with kec_spot_instance.worker["web-2"],`, "is being reclaimed at",
		"Move its work now; the next apply after the release orders a replacement.",
	}, alive: fleet}, "plan")
}

func (d *demo) remember(ctx context.Context) error {
	return d.run(ctx, want{says: []string{
		"Apply complete! Resources: 0 added, 0 changed, 0 destroyed.", `kec_spot_instance.worker["web-2"] has changed`, `+ recycling_time = "20`,
	}, alive: fleet}, "apply", "-refresh-only", "-auto-approve")
}

func (d *demo) released(ctx context.Context) error {
	if err := d.steer(ctx, "The notice runs out.", event{"advance", `{"duration": "11m"}`}); err != nil {
		return err
	}
	return d.run(ctx, want{code: 2, says: []string{
		"Warning: KEC has released this spot instance", `with kec_spot_instance.worker["web-2"],`,
		"is gone: KEC had announced to reclaim it at", "The next apply orders a replacement.",
		`kec_spot_instance.worker["web-2"] will be created`, "Plan: 1 to add, 0 to change, 0 to destroy.",
	}, alive: fleet - 1}, "plan", "-out=replacement.tfplan", "-detailed-exitcode")
}

func (d *demo) replace(ctx context.Context) error {
	return d.run(ctx, want{says: []string{"Apply complete! Resources: 1 added, 0 changed, 0 destroyed."}, alive: fleet}, "apply", "replacement.tfplan")
}

func (d *demo) destroy(ctx context.Context) error {
	return d.run(ctx, want{says: []string{
		"Warning: Destroying a spot instance in its protected hour", `with kec_spot_instance.worker["web-2"],`, "60 minutes from now",
		"Destroy complete! Resources: 3 destroyed.",
	}, lacks: []string{"more similar warnings"}}, "destroy", "-auto-approve")
}

func (d *demo) empty(ctx context.Context) error {
	if err := d.steer(ctx, "Deleting takes a moment; a minute goes by.", event{"advance", `{"duration": "1m"}`}); err != nil {
		return err
	}
	d.say("$ curl $KEC_ENDPOINT/_kecsim/instances")
	left, err := d.sim.Call(ctx, "instances", "")
	if err != nil {
		return err
	}
	d.say("%s", left)
	if string(left) != "[]" {
		return fmt.Errorf("expected no instance at KEC, got %s", left)
	}
	d.say("\n✓ Nothing is left.")
	return nil
}
