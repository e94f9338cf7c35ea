package conform

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/shopspring/decimal"
)

// The variables that allow a run against a service that is not on this machine.
const (
	allowVariable = "KEC_CONFORM"         // "1" lets anything be asked of it
	paidVariable  = "KEC_CONFORM_PAID"    // "1" lets one machine be bought there, too
	capVariable   = "KEC_CONFORM_MAX_CNY" // the most that it may cost, in CNY
)

// defaultCap is the most that the machine may cost unless the variable says otherwise.
var defaultCap = decimal.NewFromInt(1)

// Permission is what may be asked of an endpoint.
type Permission struct {
	Real   bool // it is not on this machine: it may be KEC itself, and money may be real
	Paid   bool
	MaxCNY decimal.Decimal
}

// Permit reads from the environment what may be asked of an endpoint; "" stands for the documented
// hosts of KEC. On this machine everything may. Elsewhere nothing may without KEC_CONFORM=1, and
// nothing may be bought without KEC_CONFORM_PAID=1.
func Permit(endpoint string, getenv func(string) string) (Permission, error) {
	p := Permission{Real: !onThisMachine(endpoint), MaxCNY: defaultCap}
	if text := getenv(capVariable); text != "" {
		limit, err := decimal.NewFromString(text)
		if err != nil || !limit.IsPositive() {
			return Permission{}, fmt.Errorf("%s must be an amount in CNY above 0 such as 1 or 0.5, not %q", capVariable, text)
		}
		p.MaxCNY = limit
	}
	if !p.Real {
		p.Paid = true
		return p, nil
	}
	if getenv(allowVariable) != "1" {
		return Permission{}, fmt.Errorf("%s is not on this machine: set %s=1 to ask it, and %s=1 to buy one machine for at most %s=%s CNY",
			name(endpoint), allowVariable, paidVariable, capVariable, p.MaxCNY)
	}
	p.Paid = getenv(paidVariable) == "1"
	return p, nil
}

// onThisMachine tells whether an endpoint is a loopback address.
func onThisMachine(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || endpoint == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

// name is how messages call an endpoint.
func name(endpoint string) string {
	if endpoint == "" {
		return "KEC itself"
	}
	return endpoint
}

// launchPlan is the machine that the paid checks buy, and what it may cost.
type launchPlan struct {
	offer

	Bid    decimal.Decimal // CNY per hour
	DiskGB int64
	Worst  decimal.Decimal // CNY
}

// offer is a type in a zone with its prices now, in CNY per hour.
type offer struct {
	Type, Zone     string
	Spot, OnDemand decimal.Decimal
}

const (
	// hours is for how many the machine may be charged: it lives for minutes, and should this
	// process die, KEC ends it by itself within the hour, as autoDelete has told it at the launch.
	hours = 1
	// smallestDisk is the least size of a system disk in GB (fact 52: 20 to 500).
	smallestDisk = 20
)

// diskCeiling is more than a GB of any system disk costs for an hour, in CNY. No action tells its
// price; 0.002 is 1.44 CNY a month.
var diskCeiling = decimal.RequireFromString("0.002")

var errOverCap = errors.New("the machine may cost more than is allowed")

// planLaunch computes the bid and the worst case of one machine: the bid, which KEC never goes
// above, for an hour, and its system disk. An EIP is not bought. The bid is twice the market price,
// so that a price that moves meanwhile does not refuse it, but never above the pay-as-you-go price,
// which is its upper end (fact 46), nor above what the cap leaves.
func planLaunch(o offer, diskGB int64, maxCNY decimal.Decimal) (launchPlan, error) {
	p := launchPlan{offer: o, DiskGB: max(diskGB, smallestDisk)}
	disk := diskCeiling.Mul(decimal.NewFromInt(p.DiskGB)).Mul(decimal.NewFromInt(hours))
	most := maxCNY.Sub(disk).Div(decimal.NewFromInt(hours)).RoundDown(5)
	p.Bid = decimal.Min(o.Spot.Mul(decimal.NewFromInt(2)), o.OnDemand, most)
	if p.Bid.LessThan(o.Spot) || !p.Bid.IsPositive() {
		return launchPlan{}, fmt.Errorf("%w: %s in %s costs %s CNY per hour now and its disk up to %s, and the cap is %s CNY",
			errOverCap, o.Type, o.Zone, o.Spot, disk, maxCNY)
	}
	p.Worst = p.Bid.Mul(decimal.NewFromInt(hours)).Add(disk)
	return p, nil
}

// String is a launch in a line.
func (p launchPlan) String() string {
	return fmt.Sprintf("one %s in %s, bid %s CNY per hour, at most %s CNY in the worst case", p.Type, p.Zone, p.Bid, p.Worst)
}

// String is a permission in a line.
func (p Permission) String() string {
	return fmt.Sprintf("real %t, paid %t, %s CNY", p.Real, p.Paid, p.MaxCNY)
}
