package spotfleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// memoryKey holds, in the resource's private state, what no attribute tells of the fleet.
const memoryKey = "fleet"

// memory is what is remembered of the fleet.
type memory struct {
	Since    time.Time            `json:"since"`              // its creation, by KEC's clock; zero after an import
	Launched map[string]time.Time `json:"launched,omitempty"` // by id, of machines that a view that lags may hide
	Prices   map[string]string    `json:"prices,omitempty"`   // the on-demand prices at a launch, by [priceKey]
	Settings string               `json:"settings,omitempty"` // the fingerprint of the template; "" after an import
	Older    map[string][]string  `json:"older,omitempty"`    // the members with another template, by its fingerprint
	Uneven   bool                 `json:"uneven,omitempty"`   // members differ in what is the same on all, after an update that was cut
	Hidden   []string             `json:"hidden,omitempty"`   // members that the last look did not show and that are not proven gone

	// What KEC reports of each member otherwise than it was ordered, by id; nil of one that nobody
	// has looked at since an order.
	Reported map[string]wizard.Baseline `json:"reported,omitempty"`
}

// youth is how long a view of KEC's may be older than a launch (fact 210: two minutes).
const youth = 2 * time.Minute

// recall reads what is remembered of the fleet.
func recall(ctx context.Context, private session.PrivateReader) *memory {
	mem := &memory{}
	raw, _ := private.GetKey(ctx, memoryKey)
	_ = json.Unmarshal(raw, mem) // what cannot be read is not remembered
	return mem
}

// hides tells whether the last look did not show a member.
func (mem *memory) hides(one member) bool {
	return slices.ContainsFunc(mem.Hidden, func(id string) bool { return strings.EqualFold(id, one.ID.ValueString()) })
}

// keep writes what is remembered of these members.
func (mem *memory) keep(ctx context.Context, private session.PrivateWriter, all []member, now time.Time) diag.Diagnostics {
	maps.DeleteFunc(mem.Launched, func(id string, at time.Time) bool { return now.Sub(at) > youth || indexOf(all, id) < 0 })
	maps.DeleteFunc(mem.Reported, func(id string, _ wizard.Baseline) bool { return indexOf(all, id) < 0 })
	for settings, ids := range mem.Older {
		mem.Older[settings] = slices.DeleteFunc(ids, func(id string) bool { return indexOf(all, id) < 0 })
		if len(mem.Older[settings]) == 0 {
			delete(mem.Older, settings)
		}
	}
	raw, err := json.Marshal(mem)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The fleet cannot be noted", err.Error())}
	}
	return private.SetKey(ctx, memoryKey, raw)
}

// launched notes machines that were launched just now.
func (mem *memory) launched(ids []string, at time.Time) {
	if mem.Launched == nil {
		mem.Launched = map[string]time.Time{}
	}
	for _, id := range ids {
		mem.Launched[strings.ToLower(id)] = at
		mem.ordered(id)
	}
}

// ordered notes that the next look at a machine is the first after an order.
func (mem *memory) ordered(id string) {
	if mem.Reported == nil {
		mem.Reported = map[string]wizard.Baseline{}
	}
	mem.Reported[strings.ToLower(id)] = nil
}

// look is a look at a member. A machine that a killed run has ordered is what KEC reports.
func (mem *memory) look(in *kec.Instance) *wizard.Look {
	before, ours := mem.Reported[strings.ToLower(in.ID)]
	if !ours {
		before = wizard.Baseline{}
	}
	return wizard.NewLook(in, before)
}

// looked keeps what a look has told of a member that was ordered.
func (mem *memory) looked(in *kec.Instance, look *wizard.Look) {
	if _, ours := mem.Reported[strings.ToLower(in.ID)]; ours {
		mem.Reported[strings.ToLower(in.ID)] = look.Baseline()
	}
}

// fingerprint stands for the settings that hold for new machines only. A write-only value is not
// among them.
func fingerprint(m *model) string {
	var t param.Table
	m.template(&t)
	values, err := t.Encode()
	if err != nil {
		return ""
	}
	values.Del("InstancePassword")
	for name := range values { // a spelling is no other machine
		if id := strings.ToLower(values.Get(name)); name == "ImageId" {
			values.Set(name, strings.TrimPrefix(id, "img-"))
		}
	}
	sum := sha256.Sum256([]byte(values.Encode()))
	return hex.EncodeToString(sum[:6])
}

// settle notes that the members which there are now keep the template that they have, where new
// ones get another.
func (mem *memory) settle(settings string, all []member) {
	if mem.Settings != "" && mem.Settings != settings {
		if mem.Older == nil {
			mem.Older = map[string][]string{}
		}
		old := map[string]bool{}
		for _, ids := range mem.Older {
			for _, id := range ids {
				old[id] = true
			}
		}
		for _, one := range all {
			if !old[one.key()] {
				mem.Older[mem.Settings] = append(mem.Older[mem.Settings], one.key())
			}
		}
		delete(mem.Older, settings)
	}
	mem.Settings = settings
}

// older is how many members keep another template than this one, after a change to it.
func (mem *memory) older(settings string, all []member) (n int) {
	if mem.Settings == "" { // of an import nothing is known, and the configuration is believed
		return 0
	}
	current := mem.Settings == settings
	different := map[string]bool{}
	for of, ids := range mem.Older {
		for _, id := range ids {
			different[id] = true
			if of == settings {
				n--
			}
		}
	}
	for _, one := range all {
		if !current || different[one.key()] {
			n++
		}
	}
	return n
}

// priceKey names a type in a subnet, which is in one zone.
func priceKey(instanceType, subnetID string) string {
	return strings.ToLower(instanceType + " " + subnetID)
}

// price notes the on-demand price of a type in a subnet.
func (mem *memory) price(instanceType, subnetID string, onDemand decimal.Decimal) {
	if mem.Prices == nil {
		mem.Prices = map[string]string{}
	}
	mem.Prices[priceKey(instanceType, subnetID)] = onDemand.String()
}

// cost is what a member costs an hour at most: its limit, or the on-demand price; nil if that is
// not known.
func (mem *memory) cost(one member) *decimal.Decimal {
	if limit := tfvalue.Decimal(one.SpotPriceLimit); limit != nil && one.spot() {
		return limit
	}
	price, err := decimal.NewFromString(mem.Prices[priceKey(one.InstanceType.ValueString(), one.SubnetID.ValueString())])
	if err != nil {
		return nil
	}
	return &price
}

// ceiling is what members cost an hour at most, nil if that is not known of one.
func (mem *memory) ceiling(all []member) *decimal.Decimal {
	var sum decimal.Decimal
	for _, one := range all {
		cost := mem.cost(one)
		if cost == nil {
			return nil
		}
		sum = sum.Add(*cost)
	}
	return &sum
}
