package spotfleet

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// mostInOrder is how many machines one request asks for.
const mostInOrder = 100

// lookAgain is how often a filling that waits looks at stock and price.
const lookAgain = 30 * time.Second

// priceAge is how old a price may be that decides on a launch.
const priceAge = 5 * time.Second

// filling orders machines until a fleet has its size, or no candidate has more.
type filling struct {
	*Resource
	plan *model // with the write-only password
	mem  *memory
	have []member
	save func(have []member) // writes the members into the state

	rows   []*row // by candidate
	orders map[string]placed
	stop   *failure.Failure // why nothing more is ordered, where that is not for the candidates
	dear   bool             // max_hourly_cost has kept a machine from being ordered
}

// row is what came of a candidate.
type row struct {
	market.Row
	closed bool // it is not asked again
	passes bool // what closed it may pass
}

// placed is the order that a machine comes from.
type placed struct {
	candidate int
	launch    market.Launch
	request   url.Values
	requestID string
}

// fill returns when the fleet has its size, or nothing more can be had.
func (r *Resource) fill(ctx context.Context, plan *model, mem *memory, have []member, save func([]member)) *filling {
	f := &filling{Resource: r, plan: plan, mem: mem, have: have, save: save, orders: map[string]placed{}}
	for i, c := range plan.offers() {
		f.rows = append(f.rows, &row{Row: market.Row{At: at(i).String(), Type: c.InstanceType.ValueString()}})
	}
	began := r.API.LocalNow()
	for {
		f.pass(ctx)
		if f.done(ctx) || !f.appears(ctx, began) {
			return f
		}
	}
}

// done tells whether there is nothing more to order, or no time for it.
func (f *filling) done(ctx context.Context) bool {
	return f.missing() < 1 || f.stop != nil || ctx.Err() != nil
}

func (f *filling) missing() int64 { return f.plan.missing(f.have) }

// pass asks the candidates in turn, and waits for what they give. Where a machine does not start,
// it asks those that are left once more.
func (f *filling) pass(ctx context.Context) {
	for {
		before := len(f.orders)
		if f.plan.Order.ValueString() == orderSpread {
			for i, most := range f.even() {
				f.ask(ctx, i, most)
			}
		}
		for _, i := range f.sequence(ctx) {
			f.ask(ctx, i, f.missing())
		}
		f.await(ctx)
		if f.done(ctx) || len(f.orders) == before {
			return
		}
	}
}

// sequence is the order in which candidates are asked: those on demand last.
func (f *filling) sequence(ctx context.Context) []int {
	all := f.plan.offers()
	order := make([]int, len(all))
	prices := make([]*decimal.Decimal, len(all))
	for i, c := range all {
		order[i] = i
		if f.plan.Order.ValueString() == orderPrice && !c.OnDemand.ValueBool() {
			prices[i] = f.priceNow(ctx, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if last := all[a].OnDemand.ValueBool(); last != all[b].OnDemand.ValueBool() {
			if last {
				return 1
			}
			return -1
		}
		switch {
		case prices[a] != nil && prices[b] != nil:
			return prices[a].Cmp(*prices[b])
		case prices[a] != nil:
			return -1
		case prices[b] != nil:
			return 1
		}
		return 0
	})
	return order
}

// even is how many more machines each candidate is to have, so that all have the same number.
func (f *filling) even() []int64 {
	all := f.plan.offers()
	var spot []int
	for i, c := range all {
		if !c.OnDemand.ValueBool() {
			spot = append(spot, i)
		}
	}
	more := make([]int64, len(all))
	for place, i := range spot {
		n := f.plan.target() / int64(len(spot))
		if int64(place) < f.plan.target()%int64(len(spot)) {
			n++
		}
		for _, one := range started(f.have) {
			if all[i].made(one) {
				n--
			}
		}
		more[i] = max(n, 0)
	}
	return more
}

// made tells whether a member is one of the candidate's.
func (c candidate) made(one member) bool {
	return strings.EqualFold(c.InstanceType.ValueString(), one.InstanceType.ValueString()) &&
		strings.EqualFold(c.SubnetID.ValueString(), one.SubnetID.ValueString()) && c.OnDemand.ValueBool() != one.spot()
}

// ask orders machines of a candidate, up to a number, until it has no more.
func (f *filling) ask(ctx context.Context, i int, most int64) {
	asked := false
	for !f.done(ctx) && most > 0 && !f.rows[i].closed {
		o := order{candidate: i, machines: min(most, f.missing(), mostInOrder)}
		if !asked {
			f.rows[i].Wanted += min(most, f.missing())
			asked = true
		}
		limit, price, why := f.bid(ctx, i)
		if why != "" {
			f.close(i, why, false)
			return
		}
		o.limit = limit
		if o.machines = f.affordable(ctx, i, o.machines, price); o.machines < 1 {
			return
		}
		most -= f.order(ctx, o)
	}
}

// close ends a candidate for this run.
func (f *filling) close(i int, why string, passes bool) {
	r := f.rows[i]
	r.closed, r.passes, r.Why = true, passes, why
}

// order sends one request for machines, and saves what comes of it before anything else is done.
func (f *filling) order(ctx context.Context, o order) (got int64) {
	i := o.candidate
	launch := f.plan.launch(i, o.limit)
	launch.Count = o.machines
	attempt, refused := f.Refusals.Begin(ctx, launch)
	if refused != nil {
		f.close(i, refused.Why(), true)
		return 0
	}
	o.number = f.plan.number(f.have, o.machines)
	request, err := f.plan.params(o).Encode()
	if err != nil {
		f.close(i, err.Error(), false)
		return 0
	}
	batch, err := f.Machines.LaunchBatch(ctx, request, attempt.Held)
	f.adopt(o, batch, placed{i, launch, request, batch.RequestID})
	got = int64(len(batch.IDs))
	switch {
	case err != nil && (got > 0 || errors.Is(err, machines.ErrOutcomeUnknown)):
		stop := failure.Of(err)
		f.stop = &stop
	case err != nil:
		f.refused(ctx, i, attempt.Refused(ctx, err))
	default:
		attempt.Accepted(int(got))
		if got < o.machines {
			launch.Count -= got
			f.close(i, f.Explainer.Fewer(ctx, launch), true)
		}
	}
	return got
}

// adopt takes in the machines of a batch, and saves them.
func (f *filling) adopt(o order, batch machines.Batch, from placed) {
	c := f.plan.offers()[o.candidate]
	for i, id := range batch.IDs {
		if indexOf(f.have, id) >= 0 {
			continue
		}
		one := ordered(id, c, tfvalue.Number(o.limit))
		if base := f.plan.InstanceName.ValueString(); base != "" { // until KEC shows it
			one.Name = types.StringValue(base + strconv.FormatInt(o.number+int64(i), 10))
		}
		f.have = append(f.have, one)
		f.orders[strings.ToLower(id)] = from
		f.rows[o.candidate].Got++
	}
	f.mem.launched(batch.IDs, batch.At)
	f.save(f.have)
}

// refused ends a candidate, or the run where no candidate could do better.
func (f *filling) refused(ctx context.Context, i int, why failure.Failure) {
	switch why.Code {
	case failure.PermissionDenied, failure.Interrupted, failure.DeadlineExceeded, failure.Unreachable, failure.NotSent, failure.OutcomeUnknown,
		failure.ServiceUnavailable, failure.UnusableAnswer, failure.Throttled:
		f.stop = &why
	}
	if ctx.Err() != nil {
		f.stop = &why
	}
	f.close(i, why.Why(), why.Retry == failure.RetryLater)
}

// await waits until the new machines run. One that does not start is ended and counts as not got.
func (f *filling) await(ctx context.Context) {
	f.refreshed(f.pending(), func(id string) (*kec.Instance, error) { return f.Machines.WaitActive(ctx, id, f.plan.project()) }, func(failed map[string]error) {
		f.cleanUp(ctx, failed)
	})
	f.save(f.have)
}

// pending are the members that have not been seen since their launch in this run.
func (f *filling) pending() (ids []string) {
	for _, one := range f.have {
		if _, launched := f.orders[one.key()]; launched && one.State.ValueString() == "" {
			ids = append(ids, one.ID.ValueString())
		}
	}
	return ids
}

// refreshed looks at machines together, and hands over those that will not start.
func (f *filling) refreshed(ids []string, look func(id string) (*kec.Instance, error), broken func(map[string]error)) {
	var mu sync.Mutex
	var looking sync.WaitGroup
	failed := map[string]error{}
	for _, id := range ids {
		looking.Go(func() {
			in, err := look(id)
			mu.Lock()
			defer mu.Unlock()
			i := indexOf(f.have, id)
			if launch, ok := errors.AsType[*machines.LaunchError](err); ok {
				failed[strings.ToLower(id)] = launch
				in = launch.Last
			}
			if in != nil && i >= 0 {
				f.have[i].refresh(in)
				f.rows[f.orders[strings.ToLower(id)].candidate].Zone = f.have[i].AvailabilityZone.ValueString()
			}
		})
	}
	looking.Wait()
	if len(failed) > 0 {
		broken(failed)
	}
}

// cleanUp ends machines that did not start, and closes the candidates that they come from. The
// first one of a candidate is explained.
func (f *filling) cleanUp(ctx context.Context, failed map[string]error) {
	var broken []member
	for _, one := range f.have {
		launch, ok := errors.AsType[*machines.LaunchError](failed[one.key()])
		if !ok {
			continue
		}
		broken = append(broken, one)
		from := f.orders[one.key()]
		if !f.rows[from.candidate].closed || f.rows[from.candidate].Why == "" {
			why := f.Explainer.Failed(ctx, launch, failure.Accepted{Launch: from.launch, RequestID: from.requestID, Parameters: from.request})
			f.close(from.candidate, why.Why(), why.Retry == failure.RetryLater)
		}
	}
	ended := f.end(ctx, f.plan, broken)
	gone := map[string]bool{}
	for _, one := range broken {
		f.rows[f.orders[one.key()].candidate].Got--
		if ended[one.key()] == nil && !f.contradicted(ctx, failed[one.key()], one) {
			gone[one.key()] = true
		}
	}
	f.have = without(f.have, gone)
}

// contradicted tells whether a billing record says that a machine lives which look-ups have shown
// and show no more: views of KEC may lag behind each other. Such a machine stays in the state.
func (f *filling) contradicted(ctx context.Context, why error, one member) bool {
	launch, ok := errors.AsType[*machines.LaunchError](why)
	return ok && launch.Kind == machines.Vanished && len(failure.Alive(ctx, f.API, one.ID.ValueString())) > 0
}

// appears waits, as long as the user wants to, until a candidate that had too little has some.
func (f *filling) appears(ctx context.Context, began time.Time) bool {
	longest, err := time.ParseDuration(f.plan.WaitForStock.ValueString())
	if err != nil {
		return false
	}
	for {
		left := longest - f.API.LocalNow().Sub(began)
		if left <= 0 || f.API.Sleep(ctx, min(lookAgain, left)) != nil {
			return false
		}
		snapshot, open := f.Market.Recent(0), false
		for i, r := range f.rows {
			if r.closed && r.passes && f.serves(ctx, snapshot, i) {
				r.closed, open = false, true
			}
		}
		if open {
			return true
		}
	}
}

// offerNow is what KEC offers a candidate, as far as it changes by the minute.
func offerNow(ctx context.Context, s *market.Snapshot, launch market.Launch) market.Offer {
	o, _ := quote(ctx, s, launch)
	if o.Zone == "" {
		return o
	}
	o.Subnet = market.AnswerOf(s.Subnet(ctx, launch.SubnetID))
	if n, err := s.Stock(ctx, launch.InstanceType, o.Zone); err == nil {
		o.Stock = market.AnswerOf(&n, nil)
	}
	return o
}

// serves tells whether a candidate has a machine now.
func (f *filling) serves(ctx context.Context, snapshot *market.Snapshot, i int) bool {
	c := f.plan.offers()[i]
	launch := f.plan.launch(i, c.limit())
	offer := offerNow(ctx, snapshot, launch)
	if share := tfvalue.Decimal(c.MaxPriceShare); share != nil {
		launch.PriceLimit = offer.Share(*share)
	}
	n, _ := market.Room(launch, 1, offer, market.Ordered, func(string) int64 { return 0 })
	return n > 0
}
