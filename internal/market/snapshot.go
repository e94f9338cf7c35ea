// Package market tells what KEC offers now, and whether that serves a launch: prices, stock, free
// addresses, images, security groups and disks. The explanation of a failed launch and the check
// of a plan share one judgement and one wording.
//
// A [Snapshot] asks each thing once. An [Offer] is what it has told of the things one [Launch]
// depends on. [Judge] holds launches against it.
package market

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// lookUpTimeout bounds one look-up. An explanation or a check is not worth a longer wait.
const lookUpTimeout = 15 * time.Second

// Snapshot is what KEC offers at one moment. It makes each look-up once and remembers the answer,
// an error too. It serves one run of the provider, or, as [Snapshot.Recent], the explanations of a
// few seconds. It is safe for concurrent use: a caller whose context ends does not disturb the
// others.
type Snapshot struct {
	client *kec.Client
	run    *Snapshot // that of the run, which learns what this one asks; nil if this is it
	mu     sync.Mutex
	asked  map[string]*lookUp

	inherits bool // it has taken over look-ups of the run
}

// lookUp is one question and, once done is closed, its answer.
type lookUp struct {
	at    time.Time // on the local clock
	done  chan struct{}
	value any
	err   error
}

// NewSnapshot returns a snapshot that has asked nothing yet.
func NewSnapshot(client *kec.Client) *Snapshot {
	return &Snapshot{client: client, asked: map[string]*lookUp{}}
}

// Recent is a snapshot of now. It takes over the answers of the run that are no older than that,
// and makes the other look-ups anew.
func (s *Snapshot) Recent(age time.Duration) *Snapshot {
	run := s
	if s.run != nil {
		run = s.run
	}
	recent := &Snapshot{client: s.client, run: run, asked: map[string]*lookUp{}}
	now := s.client.LocalNow()
	run.mu.Lock()
	defer run.mu.Unlock()
	for key, l := range run.asked {
		if passed := now.Sub(l.at); passed >= 0 && passed < age {
			recent.asked[key], recent.inherits = l, true
		}
	}
	return recent
}

// Inherits tells whether the snapshot holds look-ups from before it was made.
func (s *Snapshot) Inherits() bool { return s.inherits }

// learn takes over a look-up that is newer than its own.
func (s *Snapshot) learn(key string, l *lookUp) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[key] = l
}

// once makes the look-up of this key, or waits for the one that was made. It asks nothing if the
// caller's context is over already.
func once[V any](ctx context.Context, s *Snapshot, key string, ask func(context.Context) (V, error)) (V, error) {
	var none V
	if err := ctx.Err(); err != nil {
		return none, err
	}
	s.mu.Lock()
	l, ok := s.asked[key]
	if !ok {
		l = &lookUp{done: make(chan struct{}), at: s.client.LocalNow()}
		s.asked[key] = l
		s.run.learn(key, l)
		go func() {
			defer close(l.done)
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTimeout)
			defer cancel()
			l.value, l.err = ask(ctx)
		}()
	}
	s.mu.Unlock()
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
	Low, High decimal.Decimal  // of the last hours and now
	Hours     int              // how many hours Low and High cover; 0 when there is only one price
}

// Price is the quote of a type in a zone; nil when KEC lists no spot price (fact 203: a type that
// is not offered for spot has an empty history).
func (s *Snapshot) Price(ctx context.Context, instanceType, zone string) (*Quote, error) {
	points, err := s.Prices(ctx, instanceType, zone, kec.DefaultPriceHours)
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
}

// Prices is the price history of a type in a zone over the last hours, oldest first; empty when KEC
// lists no spot price.
func (s *Snapshot) Prices(ctx context.Context, instanceType, zone string, hours int) ([]kec.SpotPrice, error) {
	key := fmt.Sprintf("prices of %s in %s of %d hours", instanceType, zone, hours)
	return once(ctx, s, key, func(ctx context.Context) ([]kec.SpotPrice, error) {
		return s.client.DescribeSpotPriceHistory(ctx, instanceType, zone, hours)
	})
}

// Stock is how many instances of a type KEC can open in a zone.
func (s *Snapshot) Stock(ctx context.Context, instanceType, zone string) (int, error) {
	return once(ctx, s, "stock of "+instanceType+" in "+zone, func(ctx context.Context) (int, error) {
		return s.client.DescribeKecInventory(ctx, instanceType, zone)
	})
}

// Subnet is the subnet with this id; nil when the answer does not hold it.
func (s *Snapshot) Subnet(ctx context.Context, id string) (*kec.Subnet, error) {
	return once(ctx, s, "subnet "+id, func(ctx context.Context) (*kec.Subnet, error) { return one(s.client.DescribeSubnets(ctx, id)) })
}

// SecurityGroup is the security group with this id; nil when the answer does not hold it.
func (s *Snapshot) SecurityGroup(ctx context.Context, id string) (*kec.SecurityGroup, error) {
	return once(ctx, s, "security group "+id, func(ctx context.Context) (*kec.SecurityGroup, error) {
		return one(s.client.DescribeSecurityGroups(ctx, id))
	})
}

// Image is the image with this id; nil when the answer does not hold it.
func (s *Snapshot) Image(ctx context.Context, id string) (*kec.Image, error) {
	return once(ctx, s, "image "+id, func(ctx context.Context) (*kec.Image, error) { return one(s.client.DescribeImages(ctx, id)) })
}

// Images are all images that the account sees.
func (s *Snapshot) Images(ctx context.Context) ([]kec.Image, error) {
	return once(ctx, s, "images", func(ctx context.Context) ([]kec.Image, error) { return s.client.DescribeImages(ctx) })
}

// Subnets are all subnets of the region.
func (s *Snapshot) Subnets(ctx context.Context) ([]kec.Subnet, error) {
	return once(ctx, s, "subnets", func(ctx context.Context) ([]kec.Subnet, error) { return s.client.DescribeSubnets(ctx) })
}

// Zones are the availability zones that KEC lists.
func (s *Snapshot) Zones(ctx context.Context) ([]kec.AvailabilityZone, error) {
	return once(ctx, s, "zones", s.client.DescribeAvailabilityZones)
}

// Types are all instance types of the region.
func (s *Snapshot) Types(ctx context.Context) ([]kec.InstanceTypeConfig, error) {
	return once(ctx, s, "types", func(ctx context.Context) ([]kec.InstanceTypeConfig, error) {
		return s.client.DescribeInstanceTypeConfigs(ctx)
	})
}

// Type says where an instance type and its disks are sold; nil when KEC does not say.
func (s *Snapshot) Type(ctx context.Context, instanceType string) (*kec.InstanceTypeConfig, error) {
	return once(ctx, s, "type "+instanceType, func(ctx context.Context) (*kec.InstanceTypeConfig, error) {
		return one(s.client.DescribeInstanceTypeConfigs(ctx, instanceType))
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

// Elsewhere lists the other zones that have a type in stock, the fullest first. A zone whose
// look-up fails is left out.
func (s *Snapshot) Elsewhere(ctx context.Context, instanceType, zone string) []Place {
	config, err := s.Type(ctx, instanceType)
	if err != nil || config == nil {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(config.Zones), func(z string) bool { return strings.EqualFold(z, zone) })
	others = others[:min(len(others), mostZones)]
	places := make([]Place, len(others))
	var asking sync.WaitGroup
	for i, z := range others {
		asking.Go(func() {
			if n, err := s.Stock(ctx, instanceType, z); err == nil {
				places[i] = Place{z, n}
			}
		})
	}
	asking.Wait()
	places = slices.DeleteFunc(places, func(p Place) bool { return p.Count < 1 })
	slices.SortStableFunc(places, func(a, b Place) int { return cmp.Compare(b.Count, a.Count) })
	return places
}
