package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// boot is how the machine became active.
type boot struct {
	visible time.Duration // until a look-up showed it
	active  time.Duration
	states  []string // in their order
}

// longestBoot is how long the machine may take to become active.
const longestBoot = 5 * time.Minute

// paidChecks share one machine: the first launches it, the last ends it. They are asked in their
// order, and those after a failed launch are not.
func paidChecks() []check {
	all := slices.Concat(bootChecks(), elementChecks(), billedChecks(), changeChecks(), powerChecks(), endChecks())
	for i := range all {
		all[i].paid = true
	}
	return all
}

// onMachine is a check that needs the machine.
func onMachine(facts []int, asks, expects string, ask func(ctx context.Context, s *session) (string, bool, error)) check {
	return check{facts: facts, asks: asks, expects: expects, ask: func(ctx context.Context, s *session) (string, bool, error) {
		if s.id == "" {
			return "", false, notAsked("there is no machine")
		}
		return ask(ctx, s)
	}}
}

// machineAnswers is a check of the status and code of a call about the machine.
func machineAnswers(facts []int, asks, expects string, call asker) check {
	return onMachine(facts, asks, expects, func(ctx context.Context, s *session) (string, bool, error) {
		r, err := call(ctx, s)
		return r.String(), r.String() == expects, err
	})
}

// ofMachine is a call of an action of kec that names the machine under a parameter.
func ofMachine(action, parameter string, pairs ...string) asker {
	return func(ctx context.Context, s *session) (reply, error) {
		p := form(pairs...)
		p.Set(parameter, s.id)
		return s.call(ctx, ksyun.KEC, action, p)
	}
}

func bootChecks() []check {
	return []check{
		{facts: about(69, 131), asks: "RunInstances, one Spot Instance at a bid above the market", expects: "InstanceId and InstanceName, no order id", ask: launchMachine},
		onMachine(about(70, 210), "how soon DescribeInstances shows it", "within 2 minutes", waitBoot),
		onMachine(about(145, 146, 190), "its states until it is active", "scheduling, block_device_mapping, active", func(_ context.Context, s *session) (string, bool, error) {
			odd := slices.ContainsFunc(s.boot.states, func(state string) bool {
				return !slices.Contains([]string{"scheduling", "block_device_mapping", "active"}, state)
			})
			observed := fmt.Sprintf("%s after %s", strings.Join(s.boot.states, ", "), s.boot.active.Round(time.Second))
			return observed, !odd && slices.Contains(s.boot.states, "active"), nil
		}),
	}
}

// launchMachine buys the machine, exactly once.
func launchMachine(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	s.bought, s.launched, s.unclear = w.String(), true, true
	l, err := s.machines.Launch(ctx, s.launch(w))
	if extra, several := errors.AsType[*machines.ExtraInstancesError](err); several {
		s.known = append(s.known, extra.InstanceIDs...)
	}
	if l.InstanceID != "" {
		s.id, s.known, s.unclear = l.InstanceID, append(s.known, l.InstanceID), false
	}
	if refusal, isRefusal := errors.AsType[*ksyun.Error](err); isRefusal && !errors.Is(err, machines.ErrOutcomeUnknown) {
		s.unclear = false
		return fmt.Sprintf("refused: %d %s %s", refusal.Status, refusal.Code, refusal.Message), false, nil
	}
	if err != nil {
		return "", false, err
	}
	answer := reply{status: 200, body: s.seen.body()}
	if missing := answer.missing([]string{"InstancesSet.InstanceId", "InstancesSet.InstanceName"}); len(missing) > 0 {
		return "without " + strings.Join(missing, ", "), false, nil
	}
	if strings.Contains(strings.ToLower(string(answer.body)), "order") {
		return string(answer.body), false, nil
	}
	return "InstanceId and InstanceName, no order id", true, nil
}

// waitBoot looks at the machine once a second until it is active. Of one that does not become
// active nothing more is asked; s.known still has it.
func waitBoot(ctx context.Context, s *session) (observed string, holds bool, err error) {
	defer func() {
		if err != nil {
			s.id = ""
		}
	}()
	began := s.api.LocalNow()
	for {
		r, err := s.describe(ctx, "InstanceId.1", s.id)
		if err != nil {
			return "", false, err
		}
		age := s.api.LocalNow().Sub(began)
		if state := r.text("InstancesSet.InstanceState.Name"); state != "" {
			if len(s.boot.states) == 0 {
				s.boot.visible = age
			}
			if !slices.Contains(s.boot.states, state) {
				s.boot.states = append(s.boot.states, state)
			}
			if s.boot.active, s.active = age, r; state == "active" {
				return fmt.Sprintf("after %s", s.boot.visible.Round(time.Second)), s.boot.visible <= hidden, nil
			}
			if state == "error" || machines.Ending(state) {
				return "", false, fmt.Errorf("its launch has failed: it is in state %s", state)
			}
		}
		if age > longestBoot {
			return "", false, fmt.Errorf("it is not active after %s: states %s", longestBoot, strings.Join(s.boot.states, ", "))
		}
		if err := s.api.Sleep(ctx, time.Second); err != nil {
			return "", false, err
		}
	}
}

// element is a check of how DescribeInstances shows the machine once it is active.
func element(facts []int, asks, expects string, judge func(s *session, field func(string) string) (string, bool)) check {
	return onMachine(facts, asks, expects, func(_ context.Context, s *session) (string, bool, error) {
		observed, holds := judge(s, func(name string) string { return s.active.text("InstancesSet." + name) })
		return observed, holds, nil
	})
}

// elementChecks are about how DescribeInstances shows the machine.
func elementChecks() []check {
	return slices.Concat(bidFieldChecks(), timeFieldChecks(), []check{
		element(about(83), "SriovNetSupport", "a text", func(s *session, _ func(string) string) (string, bool) {
			raw, _ := s.active.at("InstancesSet.SriovNetSupport")
			return "a " + kind(raw), kind(raw) == "text"
		}),
		element(about(83), "its tags in DescribeInstances", "none", func(s *session, _ func(string) string) (string, bool) {
			_, tags := s.active.at("InstancesSet.TagSet")
			_, also := s.active.at("InstancesSet.Tags")
			return fmt.Sprintf("TagSet or Tags: %t", tags || also), !tags && !also
		}),
		element(about(58, 173), "its primary interface", "NetworkInterfaceType primary, in the subnet", func(s *session, field func(string) string) (string, bool) {
			seen := field("NetworkInterfaceSet.NetworkInterfaceType") + " in " + field("NetworkInterfaceSet.SubnetId")
			return seen, seen == "primary in "+s.world.subnet
		}),
		element(about(236), "its type and image as they were sent", "the same", func(s *session, field func(string) string) (string, bool) {
			seen := field("InstanceType") + ", " + field("ImageId")
			return seen, seen == s.world.Type+", "+s.world.image
		}),
		element(about(59), "its name as it was sent", "the same", func(s *session, field func(string) string) (string, bool) {
			return field("InstanceName"), field("InstanceName") == nameOf(s.mark)
		}),
		countsOne(about(78, 81, 271), "instance-name", func(s *session) string { return nameOf(s.mark) }),
		countsOne(about(79), "charge-type", func(*session) string { return "810" }),
	})
}

// countsOne is a check that DescribeInstances counts the machine by its id and a filter.
func countsOne(facts []int, filter string, value func(*session) string) check {
	return onMachine(facts, "DescribeInstances by its id and the filter "+filter, "InstanceCount 1", func(ctx context.Context, s *session) (string, bool, error) {
		r, err := s.describe(ctx, "InstanceId.1", s.id, "Filter.1.Name", filter, "Filter.1.Value.1", value(s))
		observed := "InstanceCount " + r.text("InstanceCount")
		return observed, observed == "InstanceCount 1", err
	})
}

func bidFieldChecks() []check {
	fields := []string{"InstancesSet.SpotStrategy", "InstancesSet.SpotPriceLimit", "InstancesSet.SpotRecyclingTime"}
	return []check{
		element(about(84), "its bid in DescribeInstances", "fields SpotStrategy, SpotPriceLimit, SpotRecyclingTime", func(s *session, _ func(string) string) (string, bool) {
			missing := s.active.missing(fields)
			return lacks(missing), len(missing) == 0
		}),
		element(about(84), "SpotPriceLimit as it was sent", "the bid", func(s *session, field func(string) string) (string, bool) {
			return field("SpotPriceLimit"), field("SpotPriceLimit") == s.world.Bid.String()
		}),
		element(about(44, 79), "its ChargeType", "Spot", func(_ *session, field func(string) string) (string, bool) {
			return field("ChargeType"), field("ChargeType") == "Spot"
		}),
	}
}

func timeFieldChecks() []check {
	return []check{
		element(about(196), "SpotRecyclingTime before a release is announced", "empty", func(_ *session, field func(string) string) (string, bool) {
			return fmt.Sprintf("%q", field("SpotRecyclingTime")), field("SpotRecyclingTime") == ""
		}),
		element(about(196), "CreationDate", "the time of the launch, in UTC", func(s *session, field func(string) string) (string, bool) {
			at, err := time.Parse(time.RFC3339, field("CreationDate"))
			age := s.api.Now().Sub(at)
			return field("CreationDate"), err == nil && age >= -time.Minute && age < longestBoot+time.Minute
		}),
		element(about(64, 196), "AutoDeleteTime", "as it was sent, in UTC+8", func(s *session, field func(string) string) (string, bool) {
			at, readable := ksyun.ParseTime(field("AutoDeleteTime"))
			left := at.Sub(s.api.Now())
			return field("AutoDeleteTime"), readable && left > 20*time.Minute && left <= life
		}),
	}
}

// billedChecks are about the record that trade keeps of the machine, and about its tags.
func billedChecks() []check {
	return []check{
		onMachine(about(63, 104), "the tag of its launch in ListTagsByResourceIds", "the tag, with TagId", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.Tag, "ListTagsByResourceIds", form("ResourceType", "instance", "ResourceUuids", s.id))
			for _, raw := range r.list("Tags") {
				var t struct{ TagID, TagKey, TagValue ksyun.Text }
				if ksyun.Decode(raw, &t); t.TagKey == machines.LaunchTagKey && string(t.TagValue) == s.mark && t.TagID != "" {
					return "the tag, with TagId", true, err
				}
			}
			return string(r.body), false, err
		}),
		onMachine(about(304), "TagId in ListTagsByResourceIds", "a number", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.Tag, "ListTagsByResourceIds", form("ResourceType", "instance", "ResourceUuids", s.id))
			raw, _ := r.at("Tags.TagId")
			return "a " + kind(raw), kind(raw) == "number", err
		}),
		onMachine(about(305, 313), "vpc DescribeNetworkInterfaces of its interface", "the machine in InstanceId", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.VPC, "DescribeNetworkInterfaces", form("NetworkInterfaceId.1", s.active.text("InstancesSet.NetworkInterfaceSet.NetworkInterfaceId")))
			observed, holds := only("NetworkInterfaceSet", "InstanceId", s.id)(r)
			return observed, holds, err
		}),
		onMachine(about(118, 201), "its billing status in trade QueryInstances while it runs", "2", func(ctx context.Context, s *session) (string, bool, error) {
			return s.billing(ctx, s.id, 2)
		}),
		onMachine(about(117, 317), "region of its billing record", "the region's name", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.billingRecord(ctx, s.id, 2)
			seen := r.text("data.retResponse.region")
			if seen == s.Region {
				return "the region's name", true, err
			}
			return seen, false, err
		}),
		onMachine(about(116), "billType in trade DescribeInstances", "810", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.Trade, "DescribeInstances", form("InstanceIds", s.id))
			return r.text("data.billType"), r.text("data.billType") == "810", err
		}),
		onMachine(about(119), "its record in trade DescribeInstances", "with instanceId, status, serviveDeleteTime", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.Trade, "DescribeInstances", form("InstanceIds", s.id))
			missing := r.missing([]string{"data.instanceId", "data.status", "data.serviveDeleteTime"})
			return lacks(missing), len(missing) == 0, err
		}),
	}
}

// billingRecord asks trade for the record of the machine with a status.
func (s *session) billingRecord(ctx context.Context, id string, status int) (reply, error) {
	return s.callJSON(ctx, ksyun.Trade, "QueryInstances", map[string]any{"instanceIds": []string{id}, "status": status, "page": 1, "size": 10})
}

// billing tells whether trade has a record of the machine with a status.
func (s *session) billing(ctx context.Context, id string, status int) (string, bool, error) {
	r, err := s.billingRecord(ctx, id, status)
	if err != nil || r.status != 200 {
		return r.String(), false, err
	}
	seen := r.text("data.retResponse.status")
	return seen, seen == fmt.Sprint(status), nil
}

// returned is what a change answers: Return or, in the order of the instances, their Return.
func returned(r reply) string {
	raw, there := r.at("Return")
	if !there {
		raw, there = r.at("InstancesSet.Return")
	}
	if !there {
		return r.String() + " without Return"
	}
	return fmt.Sprintf("%s, Return %s", r, raw)
}

// change is a check of a change that must answer with a Return of a kind.
func change(facts []int, asks, expects string, call asker) check {
	return onMachine(facts, asks, expects, func(ctx context.Context, s *session) (string, bool, error) {
		r, err := call(ctx, s)
		observed := returned(r)
		return observed, observed == expects, err
	})
}

// attributes is a call of ModifyInstanceAttribute.
func attributes(pairs ...string) asker {
	return ofMachine("ModifyInstanceAttribute", "InstanceId", pairs...)
}

// rename gives the machine the name that it has: the sweeper knows it by that.
func rename(ctx context.Context, s *session) (reply, error) {
	return attributes("InstanceName", nameOf(s.mark))(ctx, s)
}
