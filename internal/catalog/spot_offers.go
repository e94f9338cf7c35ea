package catalog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

type spotOffers struct {
	sizes

	InstanceTypes     []string     `tfsdk:"instance_types"`
	AvailabilityZones []string     `tfsdk:"availability_zones"`
	MinAvailable      *int64       `tfsdk:"min_available"`
	MaxPrice          types.Number `tfsdk:"max_price"`
	MaxShare          types.Number `tfsdk:"max_share"`
	Offers            []spotOffer  `tfsdk:"offers"`
}

type spotOffer struct {
	InstanceType     string        `tfsdk:"instance_type"`
	AvailabilityZone string        `tfsdk:"availability_zone"`
	VCPUs            *int64        `tfsdk:"vcpus"`
	MemoryGiB        types.Float64 `tfsdk:"memory_gib"`
	SpotPrice        types.Number  `tfsdk:"spot_price"`
	OnDemandPrice    types.Number  `tfsdk:"on_demand_price"`
	Share            types.Number  `tfsdk:"share"`
	Available        int64         `tfsdk:"available"`

	price decimal.Decimal
}

// maxPairs bounds the look-ups of one reading: a price and a stock for each pair.
const maxPairs = 200

// parallelLookUps is how many look-ups are under way together.
const parallelLookUps = 8

// SpotOffers returns the data source kec_spot_offers.
func SpotOffers() datasource.DataSource {
	names := []validator.Set{setvalidator.SizeAtLeast(1)}
	attributes := sizeFilters()
	maps.Copy(attributes, map[string]schema.Attribute{
		"instance_types": schema.SetAttribute{Optional: true, ElementType: types.StringType, Validators: names,
			MarkdownDescription: "Only these types, such as `N3.2B`. Valid values: `kec_instance_types`. Default: all."},
		"availability_zones": schema.SetAttribute{Optional: true, ElementType: types.StringType, Validators: names,
			MarkdownDescription: "Only these zones, such as `cn-beijing-6a`. Valid values: `kec_availability_zones`. Default: all."},
		"min_available": wholeFilter("Only offers of which KEC can open at least so many machines now. Default: 1."),
		"max_price": schema.NumberAttribute{Optional: true, Validators: []validator.Number{aboveZero{}},
			MarkdownDescription: "Only offers whose spot price is at most this, in CNY per hour. Default: no limit."},
		"max_share": schema.NumberAttribute{Optional: true, Validators: []validator.Number{aboveZero{}},
			MarkdownDescription: "Only offers whose spot price is at most this share of the pay-as-you-go price, such as 0.4. Default: no limit."},
		"offers": objects("What can be had now: cheapest first, then by type, then by zone. Empty if nothing can.", map[string]schema.Attribute{
			"instance_type": text("Instance type."), "availability_zone": text("Zone."),
			"vcpus":           whole("Number of vCPUs; null if KEC does not say."),
			"memory_gib":      schema.Float64Attribute{Computed: true, MarkdownDescription: "Memory in GiB; null if KEC does not say."},
			"spot_price":      number("Spot price now, in CNY per hour."),
			"on_demand_price": number("Pay-as-you-go price now, in CNY per hour; null if KEC does not say."),
			"share":           number("The spot price as a share of the pay-as-you-go price, rounded to 4 decimals; null if that is not known."),
			"available":       whole("How many machines KEC can open there now."),
		}),
	})
	return source[spotOffers]{
		name: "spot_offers",
		what: "the spot offers",
		schema: schema.Schema{
			MarkdownDescription: "Which instance types KEC offers as Spot Instance now, in which zones, at what price and how many: the cheapest first. At least one " +
				"of `instance_types`, `family` and the limits of vCPUs and memory says which types. Each pair of type and zone costs two look-ups, shared with the " +
				fmt.Sprintf("checks of the plan and with other data sources; more than %d pairs are refused. A type without a spot price in a zone is no offer.", maxPairs),
			Attributes: attributes,
		},
		rules: append(sizeRules(), someOf{"instance_types", "family", "min_vcpus", "max_vcpus", "min_memory_gib", "max_memory_gib"}),
		read:  func(ctx context.Context, s *session.Session, m *spotOffers) error { return m.read(ctx, s) },
	}.new()
}

// read looks for the pairs of type and zone, and then for the price and stock of each.
func (m *spotOffers) read(ctx context.Context, s *session.Session) error {
	if n := len(m.InstanceTypes) * len(m.AvailabilityZones); n > maxPairs {
		return tooManyPairs(n)
	}
	pairs, err := m.pairs(ctx, s)
	if err != nil {
		return err
	}
	if len(pairs) > maxPairs {
		return tooManyPairs(len(pairs))
	}
	offered := make([]bool, len(pairs))
	together, ctx := errgroup.WithContext(ctx)
	together.SetLimit(parallelLookUps)
	for i := range pairs {
		together.Go(func() (err error) {
			offered[i], err = m.offered(ctx, s, &pairs[i])
			return err
		})
	}
	if err := together.Wait(); err != nil {
		return err
	}
	m.Offers = []spotOffer{}
	for i, pair := range pairs {
		if offered[i] {
			m.Offers = append(m.Offers, pair)
		}
	}
	slices.SortFunc(m.Offers, func(a, b spotOffer) int {
		return cmp.Or(a.price.Cmp(b.price), cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.AvailabilityZone, b.AvailabilityZone))
	})
	return nil
}

func tooManyPairs(n int) error {
	return refusal("Too many pairs of type and zone", fmt.Sprintf(
		"%d pairs of instance type and zone are asked for; at most %d are looked up at once.\n\n"+
			"Narrow them with instance_types, family, availability_zones or the limits of vCPUs and memory.", n, maxPairs))
}

// pairs are the types that are asked for, each in all its zones that are asked for.
func (m *spotOffers) pairs(ctx context.Context, s *session.Session) ([]spotOffer, error) {
	all, err := s.Market.Types(ctx)
	if err != nil {
		return nil, lookUp("the list of instance types", err)
	}
	var pairs []spotOffer
	for _, t := range all {
		if !m.match(t) || len(m.InstanceTypes) > 0 && !containsFold(m.InstanceTypes, t.Name) {
			continue
		}
		zones := t.Zones
		if len(zones) == 0 { // KEC does not say where it is sold
			if zones, err = zoneNames(ctx, s); err != nil {
				return nil, lookUp("the list of availability zones", err)
			}
		}
		for _, zone := range zones {
			if len(m.AvailabilityZones) == 0 || containsFold(m.AvailabilityZones, zone) {
				pairs = append(pairs, spotOffer{InstanceType: t.Name, AvailabilityZone: zone, VCPUs: t.VCPUs, MemoryGiB: memoryOf(t)})
			}
		}
	}
	return pairs, nil
}

// offered fills an offer, and tells whether it is one within the limits.
func (m *spotOffers) offered(ctx context.Context, s *session.Session, o *spotOffer) (bool, error) {
	quote, err := s.Market.Price(ctx, o.InstanceType, o.AvailabilityZone)
	if err != nil {
		return false, lookUp(fmt.Sprintf("the price of %s in %s", o.InstanceType, o.AvailabilityZone), err)
	}
	if quote == nil {
		return false, nil
	}
	share := shareOf(quote.Now, quote.OnDemand)
	if limit := tfvalue.Decimal(m.MaxPrice); limit != nil && quote.Now.GreaterThan(*limit) {
		return false, nil
	}
	if limit := tfvalue.Decimal(m.MaxShare); limit != nil && (quote.OnDemand == nil || quote.Now.GreaterThan(limit.Mul(*quote.OnDemand))) {
		return false, nil
	}
	n, err := s.Market.Stock(ctx, o.InstanceType, o.AvailabilityZone)
	if err != nil {
		return false, lookUp(fmt.Sprintf("the stock of %s in %s", o.InstanceType, o.AvailabilityZone), err)
	}
	o.price, o.Available = quote.Now, int64(n)
	o.SpotPrice, o.OnDemandPrice, o.Share = tfvalue.Number(&quote.Now), tfvalue.Number(quote.OnDemand), tfvalue.Number(share)
	least := int64(1)
	if m.MinAvailable != nil {
		least = *m.MinAvailable
	}
	return o.Available >= least, nil
}

// containsFold tells whether a list holds a text in any case.
func containsFold(all []string, s string) bool {
	return slices.ContainsFunc(all, func(one string) bool { return sameFold(&one, s) })
}

// memoryOf is the memory of a type in GiB, null if KEC does not say.
func memoryOf(t kec.InstanceTypeConfig) types.Float64 {
	if t.MemoryGB == nil {
		return types.Float64Null()
	}
	return types.Float64Value(t.MemoryGB.InexactFloat64())
}
