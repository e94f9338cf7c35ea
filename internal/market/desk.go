// Package market tells what KEC offers to a launch now: prices, stock, free
// addresses, images, security groups and disks. Explanations and the check of a
// plan ask the same questions here.
package market

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// patience bounds one look-up: an explanation or a check is not worth a longer
// wait.
const patience = 15 * time.Second

// Desk makes each look-up once and remembers the answer, a failure too, for as
// long as the desk is kept: for the explanations of a few seconds, or for one plan.
// It is safe for concurrent use. A caller who leaves does not disturb the others.
type Desk struct {
	client *kec.Client
	mu     sync.Mutex
	asked  map[string]*look
}

type look struct {
	done  chan struct{} // closed once value and err are there
	value any
	err   error
}

// New returns a desk that has asked nothing yet.
func New(client *kec.Client) *Desk { return &Desk{client: client, asked: map[string]*look{}} }

// once makes the look-up of this key, or takes part in the one that was made. One
// who has left already asks nothing.
func once[V any](ctx context.Context, d *Desk, key string, ask func(context.Context) (V, error)) (V, error) {
	var none V
	if err := ctx.Err(); err != nil {
		return none, err
	}
	d.mu.Lock()
	l, ok := d.asked[key]
	if !ok {
		l = &look{done: make(chan struct{})}
		d.asked[key] = l
		go func() {
			defer close(l.done)
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			defer cancel()
			l.value, l.err = ask(ctx)
		}()
	}
	d.mu.Unlock()
	select {
	case <-l.done:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if value, ok := l.value.(V); ok && l.err == nil {
		return value, nil
	}
	return none, l.err
}

// Quote is what a type costs in a zone as a Spot Instance, in CNY per hour.
type Quote struct {
	Now       decimal.Decimal
	OnDemand  *decimal.Decimal // nil when KEC does not say
	Low, High decimal.Decimal  // over the last hours, now included
	Hours     int              // how many hours that is; 0 when there is only one price
}

// Price is the quote of a type in a zone; nil when KEC lists no spot price, which
// is taken to mean that the type is not sold as Spot Instance there (fact 203).
func (d *Desk) Price(ctx context.Context, instanceType, zone string) (*Quote, error) {
	return once(ctx, d, "price of "+instanceType+" in "+zone, func(ctx context.Context) (*Quote, error) {
		points, err := d.client.DescribeSpotPriceHistory(ctx, instanceType, zone)
		if err != nil || len(points) == 0 {
			return nil, err
		}
		first, last := points[0], points[len(points)-1]
		q := &Quote{Now: last.Spot, Low: last.Spot, High: last.Spot, Hours: int(last.At.Sub(first.At).Round(time.Hour) / time.Hour)}
		if last.OnDemand.Sign() > 0 {
			q.OnDemand = &last.OnDemand
		}
		for _, p := range points {
			q.Low, q.High = decimal.Min(q.Low, p.Spot), decimal.Max(q.High, p.Spot)
		}
		return q, nil
	})
}

// Stock is how many instances of a type KEC can open in a zone.
func (d *Desk) Stock(ctx context.Context, instanceType, zone string) (int, error) {
	return once(ctx, d, "stock of "+instanceType+" in "+zone, func(ctx context.Context) (int, error) {
		return d.client.DescribeKecInventory(ctx, instanceType, zone)
	})
}

// Subnet is the subnet with this id; nil when the answer does not hold it.
func (d *Desk) Subnet(ctx context.Context, id string) (*kec.Subnet, error) {
	return once(ctx, d, "subnet "+id, func(ctx context.Context) (*kec.Subnet, error) { return one(d.client.DescribeSubnets(ctx, id)) })
}

// SecurityGroup is the security group with this id; nil when the answer does not
// hold it.
func (d *Desk) SecurityGroup(ctx context.Context, id string) (*kec.SecurityGroup, error) {
	return once(ctx, d, "security group "+id, func(ctx context.Context) (*kec.SecurityGroup, error) {
		return one(d.client.DescribeSecurityGroups(ctx, id))
	})
}

// Image is the image with this id; nil when the answer does not hold it.
func (d *Desk) Image(ctx context.Context, id string) (*kec.Image, error) {
	return once(ctx, d, "image "+id, func(ctx context.Context) (*kec.Image, error) { return one(d.client.DescribeImages(ctx, id)) })
}

// Type says where an instance type and its disks are sold; nil when KEC does not
// say.
func (d *Desk) Type(ctx context.Context, instanceType string) (*kec.InstanceTypeConfig, error) {
	return once(ctx, d, "type "+instanceType, func(ctx context.Context) (*kec.InstanceTypeConfig, error) {
		return d.client.DescribeInstanceTypeConfigs(ctx, instanceType)
	})
}

func one[T any](all []T, err error) (*T, error) {
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// Place is a zone and how many instances of a type it has.
type Place struct {
	Zone  string
	Count int
}

// mostZones bounds the look-ups behind one suggestion.
const mostZones = 4

// Elsewhere lists the other zones that sell a type and have some now, the fullest
// first. What cannot be had is left out.
func (d *Desk) Elsewhere(ctx context.Context, instanceType, zone string) []Place {
	config, err := d.Type(ctx, instanceType)
	if err != nil || config == nil {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(config.Zones), func(z string) bool { return strings.EqualFold(z, zone) })
	others = others[:min(len(others), mostZones)]
	places := make([]Place, len(others))
	var asking sync.WaitGroup
	for i, z := range others {
		asking.Go(func() {
			if n, err := d.Stock(ctx, instanceType, z); err == nil {
				places[i] = Place{z, n}
			}
		})
	}
	asking.Wait()
	places = slices.DeleteFunc(places, func(p Place) bool { return p.Count < 1 })
	slices.SortStableFunc(places, func(a, b Place) int { return cmp.Compare(b.Count, a.Count) })
	return places
}
