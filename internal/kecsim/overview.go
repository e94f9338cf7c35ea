package kecsim

import (
	"maps"
	"slices"
	"time"
)

// Overview is a copy of what the world offers, holds and is set to. Instances and orders can be
// many and are only counted.
type Overview struct {
	Now         time.Time
	ClockOffset time.Duration

	Quota, Used       int
	Balance           string
	Throttle          ThrottleState
	Instances, Orders int
	Settings          Settings

	Zones          []string
	Offers         []Offer
	Subnets        []Subnet
	SecurityGroups []Group
	Images         []Image
	Models         []Model // by their default version
	Keys           []string
	Projects       []int64
	DataDiskTypes  []string
	SoldOutDisks   []DiskOffer
	ChargeTypes    []string
	Actions        map[string][]string // by service
	Refusable      []string            // those that RefuseShare can refuse
}

// ThrottleState is the rate that Throttle has set, and the number of calls refused for it.
type ThrottleState struct {
	Burst     int     `json:"burst"`
	PerSecond float64 `json:"perSecond"`
	Refused   int     `json:"refused"`
}

// Offer is one instance type in one zone. Prices are decimals in CNY per hour.
type Offer struct {
	Offered  bool   `json:"offered"` // as spot
	OnDemand string `json:"onDemand"`
	Spot     string `json:"spot"`
	Stock    int    `json:"stock"`
	Type     string `json:"type"`
	Zone     string `json:"zone"`
}

// DiskOffer is one type of data disks in one zone.
type DiskOffer struct {
	Type string `json:"type"`
	Zone string `json:"zone"`
}

// Subnet is a subnet of any region.
type Subnet struct {
	CIDR string `json:"cidr"`
	Free int    `json:"free"`
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"` // only "Normal" ones take instances
	Zone string `json:"zone"`
}

// Group is a security group of any region.
type Group struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	VPC  string `json:"vpc"`
}

// Image is an image; only "active" ones boot.
type Image struct {
	Created  time.Time `json:"created"`
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Platform string    `json:"platform"`
	SizeGB   int       `json:"sizeGb"` // of the system disk
	State    string    `json:"state"`
	Type     string    `json:"type"` // such as "system"
}

// Overview copies what the world offers, holds and is set to. None of its lists is nil.
func (s *Server) Overview() Overview {
	defer s.lock()()
	w := s.w
	out := Overview{
		Now: w.now, ClockOffset: s.off, Quota: w.quota, Used: w.used(), Balance: w.balance.String(),
		Throttle:  ThrottleState{s.throttle.burst, s.throttle.perSecond, s.throttle.refused},
		Instances: len(w.instances), Orders: len(w.orders), Settings: w.settings,
		Zones: []string{}, Offers: []Offer{}, Subnets: []Subnet{}, SecurityGroups: []Group{}, Images: []Image{}, Models: []Model{},
		Keys: slices.Clone(w.keyPairs), Projects: slices.Clone(w.projects),
		DataDiskTypes: slices.Clone(dataDiskTypes), SoldOutDisks: []DiskOffer{},
		ChargeTypes: slices.Sorted(maps.Keys(billTypes)), Actions: map[string][]string{}, Refusable: refusable(),
	}
	for _, r := range w.regions {
		for _, zone := range r.zones {
			out.Zones = append(out.Zones, zone)
			out.Offers = append(out.Offers, w.offers(zone)...)
			for _, typ := range dataDiskTypes {
				if w.soldOut[diskKey{zone, typ}] {
					out.SoldOutDisks = append(out.SoldOutDisks, DiskOffer{Zone: zone, Type: typ})
				}
			}
		}
	}
	for _, n := range w.subnets {
		out.Subnets = append(out.Subnets, Subnet{ID: n.id, Name: n.name, Zone: n.zone, CIDR: n.cidr.String(), Free: n.free, Type: n.kind})
	}
	for _, g := range w.groups {
		out.SecurityGroups = append(out.SecurityGroups, Group{ID: g.id, Name: g.name, VPC: g.vpc})
	}
	for _, im := range w.images {
		out.Images = append(out.Images, Image{
			ID: im.id, Name: im.name, State: im.state, Platform: im.platform, Type: im.kind, SizeGB: im.sysDisk, Created: im.created,
		})
	}
	for _, m := range w.models {
		out.Models = append(out.Models, Model{m.id, m.name, m.versions[0].All()})
	}
	for service, actions := range services {
		out.Actions[service] = slices.Sorted(maps.Keys(actions))
	}
	return out
}

func (w *world) offers(zone string) []Offer {
	var out []Offer
	for _, t := range w.types {
		if m := w.markets[marketKey{zone, t.name}]; m != nil {
			p := m.last()
			out = append(out, Offer{
				Zone: zone, Type: t.name, Offered: m.offered, Stock: m.stock,
				Spot: p.spot.String(), OnDemand: p.onDemand.String(),
			})
		}
	}
	return out
}
