package kecsim

import (
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// The default world. documented: the price of N3.2B is that of the sample (fact 91).
// assumed: all the rest (fact 207).
const (
	AccessKey = "AKLTkecsim"
	SecretKey = "kecsim-secret-key"

	Region  = "cn-beijing-6"
	ZoneA   = "cn-beijing-6a"
	ZoneB   = "cn-beijing-6b"
	ZoneC   = "cn-beijing-6c"
	Region2 = "cn-shanghai-2"
	zone2A  = "cn-shanghai-2a"
	zone2B  = "cn-shanghai-2b"

	VPC            = "0a000000-0000-4000-8000-000000000001"
	SubnetA        = "0b000000-0000-4000-8000-000000000001" // ZoneA, 10.7.0.0/24
	SubnetB        = "0b000000-0000-4000-8000-000000000002" // ZoneB, 10.7.1.0/24
	SubnetReserve  = "0b000000-0000-4000-8000-000000000003" // ZoneA, of a type that takes no instances
	SubnetC        = "0b000000-0000-4000-8000-000000000004" // ZoneC, 10.7.3.0/24
	SecurityGroup  = "0c000000-0000-4000-8000-000000000001"
	SecurityGroup2 = "0c000000-0000-4000-8000-000000000002"

	vpc2               = "0a000000-0000-4000-8000-000000000002" // in Region2
	subnet2A           = "0b000000-0000-4000-8000-000000000011" // zone2A, 10.8.0.0/24
	subnet2B           = "0b000000-0000-4000-8000-000000000012" // zone2B, 10.8.1.0/24
	SecurityGroupOther = "0c000000-0000-4000-8000-000000000011" // of vpc2

	ImageUbuntu  = "IMG-0d000000-0000-4000-8000-000000000001" // system, cloud-init
	ImageCustom  = "IMG-0d000000-0000-4000-8000-000000000002" // custom, cloud-init
	ImageBroken  = "IMG-0d000000-0000-4000-8000-000000000003" // in state error
	imageNoCloud = "IMG-0d000000-0000-4000-8000-000000000004" // system, other-linux, without cloud-init

	KeyA = "0e000000-0000-4000-8000-000000000001"
	KeyB = "0e000000-0000-4000-8000-000000000002"

	TypeSmall   = "N3.2B" // 0.0393 in ZoneA, 0.1965 on demand
	TypeLarge   = "N3.4B"
	TypeEntry   = "E1.2B"
	typeOld     = "N2.2B"
	TypeNotSpot = "I4.2B" // not offered for spot
	typeEight   = "N3.8B"
	typeEntry8  = "E1.8B"

	ProjectDefault int64 = 0
	ProjectB       int64 = 100002

	userID int64 = 73400001
)

type region struct {
	name, label string
	zones       []string
}

// january is when the images of the default world were made.
var january = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

func defaultWorld(clock *Clock) *world {
	w := &world{
		clock: clock, now: clock.Now(), settings: defaultSettings(),
		regions: []region{
			{Region, "Beijing 6", []string{ZoneA, ZoneB, ZoneC}},
			{Region2, "Shanghai 2", []string{zone2A, zone2B}},
		},
		types: []*instanceType{
			{name: TypeSmall, family: "N3", familyName: "Standard N3", cpu: 2, memory: 4, spot: true, noLocalDisk: true},
			{name: TypeLarge, family: "N3", familyName: "Standard N3", cpu: 4, memory: 8, spot: true, noLocalDisk: true},
			{name: TypeEntry, family: "E1", familyName: "Entry E1", cpu: 2, memory: 4, spot: true},
			{name: typeOld, family: "N2", familyName: "Standard N2", cpu: 2, memory: 4, spot: true, noLocalDisk: true},
			{name: TypeNotSpot, family: "I4", familyName: "IO optimised I4", cpu: 2, memory: 4, noLocalDisk: true},
			{name: typeEight, family: "N3", familyName: "Standard N3", cpu: 8, memory: 16, spot: true, noLocalDisk: true},
			{name: typeEntry8, family: "E1", familyName: "Entry E1", cpu: 8, memory: 16, spot: true},
		},
		vpcs: []*vpc{
			{VPC, "vpc-beijing", "10.7.0.0/16", Region},
			{vpc2, "vpc-shanghai", "10.8.0.0/16", Region2},
		},
		groups: []*securityGroup{
			{SecurityGroup, "default", VPC, Region},
			{SecurityGroup2, "web", VPC, Region},
			{SecurityGroupOther, "default", vpc2, Region2},
		},
		images: []*image{
			{id: ImageUbuntu, name: "ubuntu-24.04", state: "active", platform: "ubuntu-24.04", source: "system", kind: "system", sysDisk: 20, cloudInit: true, created: january},
			{id: ImageCustom, name: "golden-2026-02", state: "active", platform: "ubuntu-24.04", source: "extend", kind: "custom", sysDisk: 40, cloudInit: true, created: january.AddDate(0, 1, 5)},
			{id: ImageBroken, name: "half-uploaded", state: "error", platform: "ubuntu-24.04", source: "import", kind: "custom", sysDisk: 20, cloudInit: true, created: january},
			{id: imageNoCloud, name: "appliance", state: "active", platform: "other-linux", source: "system", kind: "system", sysDisk: 20, created: january},
		},
		keyPairs: []string{KeyA, KeyB},
		projects: []int64{ProjectDefault, ProjectB},
		quota:    100,
		balance:  1000 * protocol.Yuan,
		byID:     map[string]*instance{}, orderByID: map[string]*Order{}, orderOf: map[string]string{},
		refusals: map[refusalKey]string{}, counts: map[string]int{}, tagIDs: map[tag]int{},
		markets: map[marketKey]*market{}, soldOut: map[diskKey]bool{}, lags: map[string]lagging{}, random: seeded(1),
	}
	w.subnets = []*subnet{
		newSubnet(SubnetA, "app-a", VPC, Region, ZoneA, "Normal", "10.7.0.0/24"),
		newSubnet(SubnetB, "app-b", VPC, Region, ZoneB, "Normal", "10.7.1.0/24"),
		newSubnet(SubnetReserve, "reserve-a", VPC, Region, ZoneA, "Reserve", "10.7.2.0/24"),
		newSubnet(SubnetC, "app-c", VPC, Region, ZoneC, "Normal", "10.7.3.0/24"),
		newSubnet(subnet2A, "app-a", vpc2, Region2, zone2A, "Normal", "10.8.0.0/24"),
		newSubnet(subnet2B, "app-b", vpc2, Region2, zone2B, "Normal", "10.8.1.0/24"),
	}
	w.openMarkets()
	return w
}

// openMarkets offers every type in every zone. Each zone of a region is a little dearer than the
// one before.
func (w *world) openMarkets() {
	prices := map[string][2]string{ // spot and on demand, in the first zone
		TypeSmall: {"0.0393", "0.1965"}, TypeLarge: {"0.0786", "0.393"}, TypeEntry: {"0.0262", "0.131"},
		typeOld: {"0.0524", "0.262"}, TypeNotSpot: {"0", "0.42"},
		typeEight: {"0.1572", "0.786"}, typeEntry8: {"0.1048", "0.524"},
	}
	for _, t := range w.types {
		w.openMarket(t, prices[t.name][0], prices[t.name][1], nil)
	}
}

// openMarket offers a type in some zones, or without any named in every zone.
func (w *world) openMarket(t *instanceType, spotPrice, onDemandPrice string, zones []string) {
	spot, _ := protocol.ParseMoney(spotPrice)
	onDemand, _ := protocol.ParseMoney(onDemandPrice)
	for _, r := range w.regions {
		for i, zone := range r.zones {
			if len(zones) > 0 && !slices.Contains(zones, zone) {
				continue
			}
			w.markets[marketKey{zone, t.name}] = &market{
				zone: zone, typ: t.name, stock: 50, offered: t.spot, seed: w.settings.Seed,
				changes: []priceChange{{w.now, spot + protocol.Money(i*100), onDemand}},
			}
		}
	}
}

const historyKept = 72 * time.Hour
