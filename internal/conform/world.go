package conform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// world is what the account has that a launch needs, found by look-ups, and the launch itself.
type world struct {
	zone, subnet, vpc, group string
	image                    string // active, of the system, with cloud-init, the smallest there is
	cidr                     string // of the subnet, "" where the answer has none
	unsold                   string // a type without spot prices in the zone, "" where none was seen
	offers                   []offer
	launchPlan
}

// Place is where one small Spot Instance can be had, and what it may cost, for a test that buys one
// under the same cap.
type Place struct {
	Zone, SubnetID, SecurityGroupID, ImageID, Type string
	Bid                                            decimal.Decimal // CNY per hour
	Worst                                          decimal.Decimal // CNY, of one machine
}

// FindPlace looks for the cheapest small machine in one zone. The error says what is missing, or
// that the machine may cost more than o.MaxCNY.
func FindPlace(ctx context.Context, o Options) (Place, error) {
	s, err := newSession(o)
	if err != nil {
		return Place{}, err
	}
	w, err := s.findWorld(ctx)
	if err != nil {
		return Place{}, err
	}
	return Place{w.zone, w.subnet, w.group, w.image, w.Type, w.Bid, w.Worst}, nil
}

// look is the world, found once.
func (s *session) look(ctx context.Context) (*world, error) {
	if s.world == nil && s.worldErr == nil {
		s.world, s.worldErr = s.findWorld(ctx)
		if ctx.Err() != nil {
			s.worldErr = nil
			return nil, ctx.Err()
		}
	}
	if s.worldErr != nil {
		return nil, notAsked("%s", s.worldErr)
	}
	return s.world, nil
}

func (s *session) findWorld(ctx context.Context) (*world, error) {
	w := &world{}
	var diskGB int64
	var err error
	if err = s.findNetwork(ctx, w); err != nil {
		return nil, err
	}
	if w.image, diskGB, err = s.findImage(ctx); err != nil {
		return nil, err
	}
	if err = s.findOffers(ctx, w); err != nil {
		return nil, err
	}
	w.launchPlan, err = planLaunch(w.offers[0], diskGB, s.MaxCNY)
	return w, err
}

// findNetwork chooses the first subnet for instances with a free address whose VPC has a group.
func (s *session) findNetwork(ctx context.Context, w *world) error {
	subnets, err := s.api.DescribeSubnets(ctx)
	if err != nil {
		return err
	}
	groups, err := s.api.DescribeSecurityGroups(ctx)
	if err != nil {
		return err
	}
	for _, n := range subnets {
		if s.Zone != "" && n.Zone != s.Zone || n.Type != "" && n.Type != "Normal" || n.FreeIPs != nil && *n.FreeIPs < 2 {
			continue
		}
		i := slices.IndexFunc(groups, func(g kec.SecurityGroup) bool { return g.VPCID == n.VPCID })
		if i >= 0 && n.Zone != "" {
			w.zone, w.subnet, w.vpc, w.group, w.cidr = n.Zone, n.ID, n.VPCID, groups[i].ID, n.CIDR
			return nil
		}
	}
	return errors.New("the account has no subnet with two free addresses and a security group in its VPC")
}

// findImage chooses the active system image with cloud-init and the smallest system disk.
func (s *session) findImage(ctx context.Context) (id string, diskGB int64, err error) {
	r, err := s.call(ctx, ksyun.KEC, "DescribeImages", form("ImageType", "system"))
	if err != nil {
		return "", 0, err
	}
	for _, raw := range r.list("ImagesSet") {
		var im struct {
			ImageID, ImageState ksyun.Text
			SysDisk             ksyun.Number
			CloudInitSupport    ksyun.Flag
		}
		ksyun.Decode(raw, &im)
		size := im.SysDisk.IntOr(smallestDisk)
		if im.ImageState != kec.ImageActive || im.CloudInitSupport.Value == nil || !*im.CloudInitSupport.Value {
			continue
		}
		if id == "" || size < diskGB {
			id, diskGB = string(im.ImageID), size
		}
	}
	if id == "" {
		return "", 0, errors.New("there is no active system image with cloud-init")
	}
	return id, diskGB, nil
}

// mostTypes is of how many types the price is asked.
const mostTypes = 40

// findOffers finds what the small types of the zone cost as Spot Instances, the cheapest first.
func (s *session) findOffers(ctx context.Context, w *world) error {
	r, err := s.call(ctx, ksyun.KEC, "DescribeInstanceTypeConfigs", form("Filter.1.Name", "availability-zone", "Filter.1.Value.1", w.zone))
	if err != nil {
		return err
	}
	asked := 0
	for _, raw := range r.list("InstanceTypeConfigSet") {
		var t struct {
			InstanceType ksyun.Text
			CPU, GPU     ksyun.Number
		}
		ksyun.Decode(raw, &t)
		if t.CPU.IntOr(0) > 2 || t.GPU.IntOr(0) > 0 || asked == mostTypes {
			continue
		}
		asked++
		prices, err := s.api.DescribeSpotPriceHistory(ctx, string(t.InstanceType), w.zone, kec.DefaultPriceHours)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			continue
		case len(prices) == 0:
			w.unsold = string(t.InstanceType)
			continue
		}
		now := prices[len(prices)-1]
		stock, err := s.api.DescribeKecInventory(ctx, string(t.InstanceType), w.zone)
		if now.Spot.IsPositive() && now.OnDemand.GreaterThanOrEqual(now.Spot) && err == nil && stock > 0 {
			w.offers = append(w.offers, offer{string(t.InstanceType), w.zone, now.Spot, now.OnDemand})
		}
	}
	slices.SortStableFunc(w.offers, func(a, b offer) int {
		return cmp.Or(a.Spot.Cmp(b.Spot), cmp.Compare(a.Type, b.Type))
	})
	if len(w.offers) == 0 {
		return fmt.Errorf("no type with at most 2 CPUs can be had as a Spot Instance in %s", w.zone)
	}
	return nil
}

// life is for how long KEC keeps the machine if this process dies (fact 39: at least 30 minutes).
const life = 40 * time.Minute

// launch are the parameters of the machine.
func (s *session) launch(w *world) url.Values {
	return form(
		"ImageId", w.image, "InstanceType", w.Type, "SubnetId", w.subnet, "SecurityGroupId.1", w.group,
		"MinCount", "1", "MaxCount", "1",
		"ChargeType", kec.ChargeSpot, "SpotStrategy", kec.SpotWithPriceLimit, "SpotPriceLimit", w.Bid.String(),
		"SystemDisk.DiskSize", decimal.NewFromInt(w.DiskGB).String(), "InstanceName", nameOf(s.mark),
		"FailureAutoDelete", "true", "AutoDeleteTime", s.ahead(life),
		"Tag.1.Key", "kec-conform", "Tag.1.Value", "made by make conform; make sweep ends it",
	)
}

// ahead is a time by KEC's clock as AutoDeleteTime has it (fact 64: the form; fact 196: UTC+8).
func (s *session) ahead(d time.Duration) string {
	return s.api.Now().Add(d).In(ksyun.Beijing).Format("2006-01-02 15:04")
}
