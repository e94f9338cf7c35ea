package market

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Launch is what is or was ordered, as far as KEC's offer decides on it. What is not known is left
// empty.
type Launch struct {
	Name, InstanceType, ImageID, SubnetID, Zone string
	PriceLimit                                  *decimal.Decimal // CNY per hour; nil if the bid follows the market
	OnDemand                                    bool             // pay-as-you-go: no bid, and no need of a spot price
	Count                                       int64            // how many machines one request orders; 0 for one

	SecurityGroupIDs []string
	PrivateIP        string
	OtherSubnetIDs   []string // of the secondary network interfaces, in their order
	OtherPrivateIPs  []string // in the order of the interfaces; "" where KEC picks one
	DataDiskTypes    []string // in the order of the disks
}

// Machines is how many machines the launch orders.
func (l Launch) Machines() int64 { return max(l.Count, 1) }

// Addresses lists the fixed private addresses of all interfaces.
func (l Launch) Addresses() []string {
	return slices.DeleteFunc(append([]string{l.PrivateIP}, l.OtherPrivateIPs...), func(s string) bool { return s == "" })
}
