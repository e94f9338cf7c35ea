package failure

import (
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// freed counts what the machines that this process ends give back and no launch has taken since:
// units of quota and stock, and addresses. KEC may count it as held until some time after a machine
// is gone (fact 237: assumed), and refuse a launch for it that it would soon take.
type freed map[string]int

// quotaKey is the key of the units of the account's quota.
const quotaKey = "quota"

// add counts what a machine holds, n times.
func (c freed) add(holds []string, n int) {
	for _, key := range holds {
		c[key] = max(c[key]+n, 0)
	}
}

// holds lists the keys of what a machine like this holds.
func (r *Refusals) holds(launch market.Launch) []string {
	keys := []string{quotaKey, r.stockKey(launch)}
	for _, subnet := range append([]string{launch.SubnetID}, launch.OtherSubnetIDs...) {
		keys = append(keys, market.AddressKey(subnet))
	}
	for _, address := range launch.Addresses() {
		keys = append(keys, addressKey(launch, address))
	}
	return keys
}

// stockKey is the key of the stock that a launch draws on. Zones are learnt as machines show them;
// until then a subnet stands for its zone.
func (r *Refusals) stockKey(launch market.Launch) string {
	place := r.zone(launch)
	if place == "" {
		place = launch.SubnetID
	}
	return "stock of " + launch.InstanceType + " in " + place
}

// addressKey is the key of one address. Each VPC has its own, which the subnet stands for.
func addressKey(launch market.Launch, address string) string {
	return "address " + address + " beside " + launch.SubnetID
}

// Held tells whether an error refuses the launch for exactly what a machine that this process has
// ended, or is ending, may still hold. Such a refusal has done nothing, and passes.
func (a *Attempt) Held(err error) bool {
	f, r := Of(err), a.refusals
	if f.Action != "RunInstances" || f.Words == "" && f.KECCode == "" {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	free := func(key string) bool { return r.freed[key] > 0 }
	for _, address := range a.launch.Addresses() {
		named := strings.HasSuffix(strings.ToLower(f.Param), "privateipaddress") || strings.Contains(f.Words, address)
		if named && free(addressKey(a.launch, address)) {
			return true
		}
	}
	switch f.Code {
	case ExcessiveNumber:
		return free(quotaKey)
	case OutOfStock:
		return !nested(f.Param) && free(r.stockKey(a.launch))
	case SubnetFull:
		return slices.ContainsFunc(append([]string{a.launch.SubnetID}, a.launch.OtherSubnetIDs...),
			func(subnet string) bool { return free(market.AddressKey(subnet)) })
	default:
		return false
	}
}
