package kecsim

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Model is a launch template.
type Model struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Parameters are those of RunInstances but for the counts, with lists from 1, such as
	// "DataDisk.1.Size".
	Parameters map[string]string `json:"parameters"`
}

// model is a launch template in the world. Its first version is the default one.
type model struct {
	id, name, region string
	created          time.Time
	versions         []*protocol.Args
}

// modelParameters are the parameters that a launch template may hold.
var modelParameters = templateRules()

var modelPatterns = protocol.Patterns(namesOf(modelParameters))

// templateRules are the rules of RunInstances with nothing required, and without what says how
// many instances are launched and by which template.
func templateRules() []rule {
	var out []rule
	for _, r := range runRules {
		if !slices.Contains([]string{"MinCount", "MaxCount", "ModelId", "ModelVersion"}, r.name) {
			out = append(out, rule{r.name, false, r.check})
		}
	}
	return out
}

// AddModel adds a launch template to Region or, if there is one of the id, a further version of it.
// It returns an error if a parameter is none of RunInstances or is wrong by itself.
func (s *Server) AddModel(add Model) error {
	defer s.lock()()
	if _, refusal := s.w.addModel(Region, add); refusal != nil {
		return errors.New(refusal.Message)
	}
	return nil
}

// addModel adds a launch template. Without an id it gets one.
func (w *world) addModel(region string, add Model) (*model, *protocol.Refusal) {
	sent := url.Values{}
	for name, value := range add.Parameters {
		sent.Set(name, value)
	}
	held, refusal := protocol.Bind(modelPatterns, sent)
	if refusal == nil {
		refusal = apply(modelParameters, held)
	}
	if refusal != nil {
		return nil, refusal
	}
	m := w.findModel(region, add.ID)
	if m == nil {
		if add.ID == "" {
			add.ID = w.uuid(kindModel)
		}
		m = &model{id: add.ID, name: add.Name, region: region, created: w.now}
		w.models = append(w.models, m)
	}
	m.versions = append(m.versions, held)
	return m, nil
}

func (w *world) findModel(region, id string) *model {
	for _, m := range w.models {
		if m.id == id && m.region == region {
			return m
		}
	}
	return nil
}

// oneEach are the counts of a launch that names a template and no counts.
var oneEach = func() *protocol.Args {
	counts, _ := protocol.Bind(protocol.Patterns([]string{"MinCount", "MaxCount"}), url.Values{"MinCount": {"1"}, "MaxCount": {"1"}})
	return counts
}()

// underTemplate fills a launch in from the template that it names. What the template holds goes
// before the same parameter of the launch.
//
// documented: which of the two counts, and the version (fact 308). assumed: lists count as a whole,
// the first version is the default, and one instance without counts (fact 311).
func (s *Server) underTemplate(r *request) *protocol.Refusal {
	if !r.Has("ModelId") {
		return nil
	}
	m := s.w.findModel(r.region, r.Get("ModelId"))
	if m == nil {
		return protocol.Invalid("ModelId", "%s does not exist in %s", protocol.Clip(r.Get("ModelId")), r.region)
	}
	version := r.Number("ModelVersion", 1) // the rules refuse what is no number
	if version < 1 || version > len(m.versions) {
		return protocol.Invalid("ModelVersion", "%d does not exist: ModelId %s has %d", version, m.id, len(m.versions))
	}
	r.Args = m.versions[version-1].Over(r.Args).Over(oneEach)
	return nil
}

// ofModelOnly are the parameters of CreateModel that RunInstances has not, or has by another name.
var ofModelOnly = []rule{
	{"ModelName", true, characters(2, 64)},
	{"IsDistributeIpv6", false, boolean},
	{"AllocateAddress", false, boolean},
	{"Cpu", false, nil},
	{"Mem", false, nil},
	{"DataDisk.N.SnapshotName", false, nil},
}

var createModelRules = slices.Concat(ofModelOnly, modelParameters)

// createModel makes a launch template.
//
// documented: parameters and answer, names that are not given twice (fact 307). assumed: nothing
// but the single parameters is checked before a launch (fact 311).
func (s *Server) createModel(r *request) (any, *protocol.Refusal) {
	name := r.Get("ModelName")
	if slices.ContainsFunc(s.w.models, func(m *model) bool { return m.name == name && m.region == r.region }) {
		return nil, protocol.Invalid("ModelName", "%q is taken", protocol.Clip(name))
	}
	held := r.All()
	for _, extra := range ofModelOnly {
		for _, sent := range r.Expand(extra.name) {
			delete(held, sent)
		}
	}
	if r.Has("IsDistributeIpv6") {
		held["DistributeIpv6"] = r.Get("IsDistributeIpv6")
	}
	if r.Has("AllocateAddress") && !r.Flag("AllocateAddress") {
		for _, ofEIP := range []string{"AddressBandWidth", "LineId", "AddressChargeType", "AddressPurchaseTime", "AddressProjectId", "BandWidthShareId"} {
			delete(held, ofEIP)
		}
	}
	if r.dryRun {
		return nil, errDryRun
	}
	m, refusal := s.w.addModel(r.region, Model{Name: name, Parameters: held})
	if refusal != nil {
		return nil, refusal
	}
	return map[string]any{"ModelId": m.id}, nil
}

var describeModelsRules = []rule{
	{"ModelId.N", false, nil},
	{"MaxResults", false, integer(1, 1000)},
	{"Marker", false, integer(0, 1<<31)},
}

// describeModels lists launch templates by their default version.
//
// documented: parameters, and fields with their types (fact 307). assumed: an unknown id is left
// out, and fields that the template leaves open too (fact 311).
func (s *Server) describeModels(r *request) (any, *protocol.Refusal) {
	ids, set := r.List("ModelId"), []any{}
	for _, m := range s.w.models {
		if m.region == r.region && (len(ids) == 0 || slices.Contains(ids, m.id)) {
			set = append(set, s.w.describeModel(m))
		}
	}
	start, end := marked(r, len(set))
	return map[string]any{"InstanceCount": len(set), "ModelSet": slices.Clone(set[start:end])}, nil
}

// describeModel is a launch template as DescribeModels writes it.
func (w *world) describeModel(m *model) map[string]any {
	held := m.versions[0]
	created := chinaText(m.created, plainTime)
	out := map[string]any{"ModelId": m.id, "ModelName": m.name, "CreateTime": created, "ModifiedTime": created}
	for _, name := range []string{
		"ImageId", "InstanceType", "SubnetId", "ChargeType", "PurchaseTime", "InstanceName", "SriovNetSupport", "KeepImageLogin",
	} {
		if held.Has(name) {
			out[name] = held.Get(name)
		}
	}
	for _, name := range []string{"ProjectId", "DataDiskGb"} {
		if held.Has(name) {
			out[name] = held.Number(name, 0)
		}
	}
	for _, name := range []string{"FailureAutoDelete", "SyncTag"} {
		out[name] = held.Flag(name)
	}
	if n := w.findSubnet(m.region, held.Get("SubnetId")); n != nil {
		out["AvailabilityZone"], out["AvailabilityZoneName"] = n.zone, n.zone
	}
	if groups := held.List("SecurityGroupId"); len(groups) > 0 {
		out["SecurityGroupId"] = groups[0]
	}
	out["SystemDisk"] = map[string]any{"DiskType": held.Get("SystemDisk.DiskType"), "DiskSize": held.Get("SystemDisk.DiskSize")}
	disks, interfaces, tags := []any{}, []any{}, []any{}
	for i := 1; i <= held.Count("DataDisk"); i++ {
		at := "DataDisk." + strconv.Itoa(i) + "."
		disks = append(disks, map[string]any{
			"Type": held.Get(at + "Type"), "Size": held.Number(at+"Size", 0), "DeleteWithInstance": held.Flag(at + "DeleteWithInstance"),
			"SnapshotId": held.Get(at + "SnapshotId"),
		})
	}
	for i := 1; i <= held.Count("NetworkInterface"); i++ {
		at, groups := "NetworkInterface."+strconv.Itoa(i)+".", []any{}
		for _, id := range held.List(at + "SecurityGroupId") {
			groups = append(groups, map[string]any{"SecurityGroupId": id})
		}
		interfaces = append(interfaces, map[string]any{
			"SubnetId": held.Get(at + "SubnetId"), "SecurityGroupIdSet": groups, "PrivateIpAddress": held.Get(at + "PrivateIpAddress"),
		})
	}
	for i := 1; i <= held.Count("Tag"); i++ {
		at := "Tag." + strconv.Itoa(i) + "."
		tags = append(tags, map[string]any{"Key": held.Get(at + "Key"), "Value": held.Get(at + "Value"), "Id": held.Number(at+"Id", 0)})
	}
	out["DataDiskSet"], out["NetworkInterfaceSet"], out["TagSet"] = disks, interfaces, tags
	return out
}

var terminateModelsRules = []rule{{"ModelId.N", true, nil}}

// terminateModels deletes launch templates. Instances that were launched by them stay.
//
// documented: parameters, and an answer with nothing but the request id (fact 307). assumed: an
// unknown id refuses the whole call (fact 311).
func (s *Server) terminateModels(r *request) (any, *protocol.Refusal) {
	ids := r.List("ModelId")
	for i, id := range ids {
		if s.w.findModel(r.region, id) == nil {
			return nil, protocol.Invalid("ModelId."+strconv.Itoa(i+1), "%s does not exist in %s", protocol.Clip(id), r.region)
		}
	}
	if r.dryRun {
		return nil, errDryRun
	}
	s.w.models = slices.DeleteFunc(s.w.models, func(m *model) bool { return m.region == r.region && slices.Contains(ids, m.id) })
	return map[string]any{}, nil
}
