package market

import "github.com/shopspring/decimal"

// Launch is what is or was ordered: the facts that a refusal, or a plan, is held
// against. Whatever is not known is left empty.
type Launch struct {
	Name, InstanceType, ImageID, SubnetID, Zone string
	PriceLimit                                  *decimal.Decimal // CNY per hour; nil: the bid follows the market

	SecurityGroupIDs []string
	PrivateIP        string
	OtherSubnetIDs   []string // of the secondary interfaces, in their order
	DataDiskTypes    []string // in the order of the disks
}
