package kecsim

import (
	"fmt"
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// instanceType is a type of instances that can be ordered.
type instanceType struct {
	name, family, familyName string
	cpu, memory, gpu         int
	spot                     bool
	noLocalDisk              bool // DataDiskGb is ignored (fact 53: on N1, N2, N3, I4)
}

const interfacesPerInstance = 3

// image is what an instance boots from.
type image struct {
	id, name, state, platform string
	source, kind              string // ImageSource and Type
	sysDisk                   int
	cloudInit                 bool
	created                   time.Time
}

func (w *world) findType(name string) *instanceType {
	for _, t := range w.types {
		if t.name == name {
			return t
		}
	}
	return nil
}

// findImage finds an image by its id (fact 41: the prefix IMG- is optional).
func (w *world) findImage(id string) *image {
	for _, im := range w.images {
		if im.id == id || im.id == "IMG-"+id {
			return im
		}
	}
	return nil
}

// Type is an instance type to add. Prices are decimals in CNY per hour; without a spot price it is
// not offered as a Spot Instance. Without Zones it is offered in every zone.
type Type struct {
	Name, Family          string
	VCPUs, MemoryGB, GPUs int
	Spot, OnDemand        string
	Zones                 []string
}

// AddType offers one more instance type, 50 of it in each zone. As with the other types, each zone
// of a region is 0.001 CNY per hour dearer than the one before. AddType panics if there is a type
// of the name, if there is no such zone, or if a price is not a decimal.
func (s *Server) AddType(t Type) {
	defer s.lock()()
	if s.w.findType(t.Name) != nil {
		panic(fmt.Sprintf("kecsim: there is a type %q", t.Name))
	}
	for _, zone := range t.Zones {
		if s.w.regionOf(zone) == "" {
			panic(fmt.Sprintf("kecsim: there is no zone %q", zone))
		}
	}
	added := &instanceType{name: t.Name, family: t.Family, familyName: t.Family, cpu: t.VCPUs, memory: t.MemoryGB, gpu: t.GPUs, spot: t.Spot != ""}
	s.w.types = append(s.w.types, added)
	mustMoney(t.OnDemand)
	if added.spot {
		mustMoney(t.Spot)
	}
	s.w.openMarket(added, t.Spot, t.OnDemand, t.Zones)
}

// ImageStates lists the states that an image may be in.
//
// documented: active (fact 95: the one that boots). assumed: the others, which are those of
// OpenStack's image service, and error (fact 207).
func ImageStates() []string {
	return []string{"active", "creating", "deactivated", "deleted", "error", "killed", "pending_delete", "queued", "saving"}
}

// The disk types of the parameter tables (facts 51, 54).
var (
	systemDiskTypes = []string{
		"Local_SSD", "SSD3.0", "EHDD", "ESSD_PL0", "ESSD_PL1", "ESSD_PL2", "ESSD_Entry", "ESSD_AutoPL",
		"ESSD_SYSTEM_PL0", "ESSD_SYSTEM_PL1", "ESSD_SYSTEM_PL2", "ESSD_SYSTEM_Entry", "ESSD_SYSTEM_AutoPL",
	}
	dataDiskTypes = []string{"SSD3.0", "EHDD", "ESSD_PL0", "ESSD_PL1", "ESSD_PL2", "ESSD_PL3", "ESSD_Entry", "ESSD_AutoPL", "Local_SSD"}
)

const defaultDiskType = "SSD3.0"

// diskKey is one data disk type in one zone.
type diskKey struct{ zone, typ string }

var typeRules = filterRules

// describeInstanceTypeConfigs lists types with their zones and disks.
//
// documented: filters and fields, no paging, no spot flag (fact 93). assumed: the
// types of the world (fact 207), and that IsSellOut is about data disks (fact 230).
func (s *Server) describeInstanceTypeConfigs(r *request) (any, *protocol.Refusal) {
	filters, refusal := r.filters("instance-family", "instance-type", "availability-zone")
	if refusal != nil {
		return nil, refusal
	}
	set := []any{}
	for _, t := range s.w.types {
		var zones []string
		for _, zone := range s.w.zonesOf(r.region) {
			if s.w.markets[marketKey{zone, t.name}] != nil {
				zones = append(zones, zone)
			}
		}
		ok := len(zones) > 0 && accept(filters, func(name string) []string {
			switch name {
			case "instance-family":
				return []string{t.family}
			case "instance-type":
				return []string{t.name}
			}
			return zones
		})
		if !ok {
			continue
		}
		codes := []any{}
		for _, zone := range zones {
			codes = append(codes, map[string]any{"AzCode": zone})
		}
		system, data := []any{}, []any{}
		for _, d := range systemDiskTypes {
			system = append(system, map[string]any{"SystemDiskType": d})
		}
		for _, d := range dataDiskTypes {
			places := []any{}
			for _, zone := range zones {
				places = append(places, map[string]any{"AzCode": zone, "IsSellOut": s.w.soldOut[diskKey{zone, d}]})
			}
			data = append(data, map[string]any{
				"DataDiskType": d, "DataDiskMinSize": 10, "DataDiskMaxsize": s.w.settings.MaxDataDiskSize,
				"DataDiskCount": s.w.settings.MaxDataDisks, "AvailabilityZoneSet": places,
			})
		}
		set = append(set, map[string]any{
			"InstanceType": t.name, "InstanceFamily": t.family, "InstanceFamilyName": t.familyName,
			"CPU": t.cpu, "GPU": t.gpu, "GPUspec": "", "Memory": t.memory,
			"NetworkInterfaceQuota": map[string]any{"NetworkInterfaceCount": interfacesPerInstance},
			"PrivateIpQuota":        map[string]any{"PrivateIpCount": 10},
			"AvailabilityZoneSet":   codes, "SystemDiskQuotaSet": system, "DataDiskQuotaSet": data,
		})
	}
	return map[string]any{"InstanceTypeConfigSet": set}, nil
}

// describeInstanceFamilys lists the families of the types.
//
// documented: the answer (fact 94).
func (s *Server) describeInstanceFamilys(r *request) (any, *protocol.Refusal) {
	set, seen := []any{}, []string{}
	for _, t := range s.w.types {
		if slices.Contains(seen, t.family) {
			continue
		}
		seen = append(seen, t.family)
		codes := []any{}
		for _, zone := range s.w.zonesOf(r.region) {
			if slices.ContainsFunc(s.w.types, func(other *instanceType) bool {
				return other.family == t.family && s.w.markets[marketKey{zone, other.name}] != nil
			}) {
				codes = append(codes, map[string]any{"AzCode": zone})
			}
		}
		if len(codes) > 0 {
			set = append(set, map[string]any{
				"InstanceFamily": t.family, "InstanceFamilyName": t.familyName, "AvailabilityZoneSet": codes,
			})
		}
	}
	return map[string]any{"InstanceFamilySet": set}, nil
}

var imageRules = []rule{{"ImageId", false, identifier("IMG-")}, {"ImageType", false, nil}}

// describeImages lists the images.
//
// documented: parameters and fields (fact 95). assumed: how ImageType selects, and
// that an unknown id is left out (fact 205).
func (s *Server) describeImages(r *request) (any, *protocol.Refusal) {
	set := []any{}
	if s.w.settings.RefuseUnknown && r.Has("ImageId") && s.w.findImage(r.Get("ImageId")) == nil {
		return nil, protocol.Refuse(protocol.CodeImage, "ImageId %s does not exist", protocol.Clip(r.Get("ImageId")))
	}
	for _, im := range s.w.images {
		if r.Has("ImageId") && s.w.findImage(r.Get("ImageId")) != im || r.Has("ImageType") && r.Get("ImageType") != im.kind {
			continue
		}
		set = append(set, map[string]any{
			"ImageId": im.id, "Name": im.name, "ImageState": im.state, "Type": im.kind, "Platform": im.platform,
			"SysDisk": im.sysDisk, "IsPublic": im.source == "system", "ImageSource": im.source,
			"ContainerFormat": "ovf", "UserCategory": "common", "Progress": "100",
			"CreationDate": im.created.Format(time.RFC3339), "CloudInitSupport": im.cloudInit, "Ipv6Support": false,
			"OnlineExpansion": true, "BootMode": "uefi", "Architecture": "x86_64", "InstanceId": "", "SnapshotSet": []any{},
		})
	}
	return map[string]any{"ImagesSet": set}, nil
}

// describeAvailabilityZones lists the zones of the region of the signature.
//
// documented: the answer (fact 96).
func (s *Server) describeAvailabilityZones(r *request) (any, *protocol.Refusal) {
	set := []any{}
	for _, zone := range s.w.zonesOf(r.region) {
		set = append(set, map[string]any{"AvailabilityZone": zone, "Region": r.region})
	}
	return map[string]any{"AvailabilityZoneSet": set}, nil
}

// describeRegions lists the regions.
//
// documented: the answer (fact 96).
func (s *Server) describeRegions(*request) (any, *protocol.Refusal) {
	set := []any{}
	for _, region := range s.w.regions {
		set = append(set, map[string]any{"Region": region.name, "RegionName": region.label})
	}
	return map[string]any{"RegionSet": set}, nil
}

func (w *world) zonesOf(name string) []string {
	for _, r := range w.regions {
		if r.name == name {
			return r.zones
		}
	}
	return nil
}
