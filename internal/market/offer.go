package market

import (
	"context"
	"sync"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Answer is what one look-up has told. It is not known if the look-up was not made, or has failed
// with Err. If it is known, Value is nil where KEC shows no such thing.
type Answer[T any] struct {
	Known bool
	Value *T
	Err   error
}

// AnswerOf is the answer that the result of a look-up makes.
func AnswerOf[T any](value *T, err error) Answer[T] {
	if err != nil {
		return Answer[T]{Err: err}
	}
	return Answer[T]{Known: true, Value: value}
}

// Offer is what KEC offers one launch, as far as it was asked for.
type Offer struct {
	Zone      string
	Quote     Answer[Quote]
	Stock     Answer[int]
	Elsewhere []Place // where there is stock, if there is none in the zone
	Type      Answer[kec.InstanceTypeConfig]
	Subnet    Answer[kec.Subnet]
	Others    []Answer[kec.Subnet] // of the secondary interfaces, in their order
	Groups    []Answer[kec.SecurityGroup]
	Image     Answer[kec.Image]
}

// Offer asks for all that a launch depends on, as much as possible at once. The subnet comes
// before the things of a zone, because it decides the zone (fact 102: a launch is in its subnet's
// zone).
func (s *Snapshot) Offer(ctx context.Context, launch Launch) Offer {
	o := Offer{
		Others: make([]Answer[kec.Subnet], len(launch.OtherSubnetIDs)),
		Groups: make([]Answer[kec.SecurityGroup], len(launch.SecurityGroupIDs)),
	}
	var asking sync.WaitGroup
	if launch.ImageID != "" {
		asking.Go(func() { o.Image = AnswerOf(s.Image(ctx, launch.ImageID)) })
	}
	for i, id := range launch.OtherSubnetIDs {
		if id != "" {
			asking.Go(func() { o.Others[i] = AnswerOf(s.Subnet(ctx, id)) })
		}
	}
	if launch.SubnetID != "" {
		o.Subnet = AnswerOf(s.Subnet(ctx, launch.SubnetID))
	}
	if subnet := o.Subnet.Value; subnet != nil {
		o.Zone = subnet.Zone
		for i, id := range launch.SecurityGroupIDs {
			if id != "" {
				asking.Go(func() { o.Groups[i] = AnswerOf(s.SecurityGroup(ctx, id)) })
			}
		}
	}
	if launch.InstanceType != "" && o.Zone != "" {
		asking.Go(func() { o.Quote = AnswerOf(s.Price(ctx, launch.InstanceType, o.Zone)) })
		asking.Go(func() { o.Stock = s.stock(ctx, launch.InstanceType, o.Zone) })
		asking.Go(func() { o.Type = AnswerOf(s.Type(ctx, launch.InstanceType)) })
	}
	asking.Wait()
	return o
}

func (s *Snapshot) stock(ctx context.Context, instanceType, zone string) Answer[int] {
	n, err := s.Stock(ctx, instanceType, zone)
	return AnswerOf(&n, err)
}

// Failed are the errors of look-ups that have failed, of so many that were made. Those behind them
// were not made: without the subnet, nothing is known of its zone.
func (o Offer) Failed() (failed []error, made int) {
	count := func(known bool, err error) {
		if known || err != nil {
			made++
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	count(o.Subnet.Known, o.Subnet.Err)
	count(o.Image.Known, o.Image.Err)
	count(o.Quote.Known, o.Quote.Err)
	count(o.Stock.Known, o.Stock.Err)
	count(o.Type.Known, o.Type.Err)
	for _, a := range o.Others {
		count(a.Known, a.Err)
	}
	for _, a := range o.Groups {
		count(a.Known, a.Err)
	}
	return failed, made
}
