package kecsim

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// oddity is another way of writing one instance in the answer of DescribeInstances.
type oddity func(in *instance, out map[string]any)

// oddities are the ways that Settings.Odd may name. Each answers the same for the same instance
// from the first look on, but for "one of two disks at first".
//
// assumed: all of them (fact 236).
var oddities = map[string]oddity{
	"lists as null": func(_ *instance, out map[string]any) {
		for name, v := range out {
			switch list := v.(type) {
			case []any:
				if len(list) == 0 {
					out[name] = nil
				}
			case []string:
				if len(list) == 0 {
					out[name] = nil
				}
			}
		}
	},
	"no groups of interfaces": eachInterface(func(nic map[string]any) {
		delete(nic, "GroupSet")
		delete(nic, "SecurityGroupSet")
	}),
	"no data disk flags":           eachDataDisk(func(d map[string]any) { delete(d, "DeleteWithInstance") }),
	"data disk flags otherwise":    eachDataDisk(func(d map[string]any) { d["DeleteWithInstance"] = d["DeleteWithInstance"] != true }),
	"types of disks in lower case": disksSpelt(strings.ToLower),
	"InstanceType in lower case":   spelt(strings.ToLower, "InstanceType"),
	"ids in upper case":            idsInUpperCase,
	"InstanceId in upper case":     spelt(strings.ToUpper, "InstanceId"),
	"ImageId without IMG-":         spelt(func(id string) string { return strings.TrimPrefix(id, "IMG-") }, "ImageId"),
	"ImageId with IMG-":            spelt(func(id string) string { return "IMG-" + strings.TrimPrefix(id, "IMG-") }, "ImageId"),
	"UserData as text":             userDataAsText,
	"ChargeType by number":         func(in *instance, out map[string]any) { out["ChargeType"] = billTypes[in.ChargeType] },
	"ChargeType in lower case":     spelt(strings.ToLower, "ChargeType"),
	"SpotStrategy in lower case":   spelt(strings.ToLower, "SpotStrategy"),
	"SpotPriceLimit as text":       priceAsText,
	"numbers as text":              numbersAsText,
	`absent times as "0"`:          absentTimes("0"),
	`absent times as "-"`:          absentTimes("-"),
	"absent times as 1970":         absentTimes("1970-01-01 08:00:00"),
	"absent times as null":         absentTimes(nil),
	"SriovNetSupport as boolean":   func(in *instance, out map[string]any) { out["SriovNetSupport"] = in.SriovNetSupport },
	"SriovNetSupport otherwise": func(in *instance, out map[string]any) {
		out["SriovNetSupport"] = strconv.FormatBool(!in.SriovNetSupport)
	},
	"IsDistributeIpv6 otherwise":    func(in *instance, out map[string]any) { out["IsDistributeIpv6"] = !in.DistributeIPv6 },
	"AutoDeleteEip otherwise":       func(in *instance, out map[string]any) { out["AutoDeleteEip"] = !in.AutoDeleteEIP },
	"flags as 0 and 1":              flagsAsNumbers,
	"data guard group not reported": func(_ *instance, out map[string]any) { out["DataGuardSet"] = []any{} },
	"local disk ignored":            within("InstanceConfigure", func(_ *instance, c map[string]any) { c["DataDiskGb"] = 0 }),
	"disks in another order":        disksBackwards,
	"one of two disks at first":     oneDiskAtFirst,
	"interfaces in another order":   interfacesBackwards,
	"keys in another order":         func(in *instance, out map[string]any) { out["KeySet"] = reversed(in.KeyIDs) },
	"HostName as KEC makes it":      func(in *instance, out map[string]any) { out["HostName"] = "vm-" + in.ID[len(in.ID)-8:] },
	"system disk a size larger":     within("SystemDisk", func(in *instance, d map[string]any) { d["DiskSize"] = in.SystemDisk.SizeGB + 10 }),
}

// leanFields are the fields of DescribeInstances that an answer may lack. Each is an oddity, "no "
// and its name.
var leanFields = []string{
	"InstanceName", "InstanceType", "ImageId", "HostName", "ProjectId", "SubnetId", "PrivateIpAddress", "UserData", "InstanceConfigure",
	"NetworkInterfaceSet", "SriovNetSupport", "CreationDate", "AvailabilityZone", "AvailabilityZoneName", "ChargeType", "SystemDisk", "DataDisks",
	"KeySet", "IsDistributeIpv6", "StoppedMode", "AutoDeleteTime", "AutoDeleteEip", "DataGuardSet", "SpotStrategy", "SpotPriceLimit",
}

func init() {
	for _, name := range leanFields {
		oddities["no "+name] = func(_ *instance, out map[string]any) { delete(out, name) }
	}
	oddities["no zone"] = func(_ *instance, out map[string]any) {
		delete(out, "AvailabilityZone")
		delete(out, "AvailabilityZoneName")
	}
}

// OddAnswers lists the names that Settings.Odd takes, sorted.
func OddAnswers() []string { return slices.Sorted(maps.Keys(oddities)) }

// mustKnowOdd panics on a name that is no way of writing an answer.
func mustKnowOdd(names []string) {
	for _, name := range names {
		if oddities[name] == nil {
			panic(fmt.Sprintf("kecsim: there is no odd answer %q", name))
		}
	}
}

// writeOddly writes an instance in the ways that are set, in their order.
func (w *world) writeOddly(in *instance, out map[string]any) map[string]any {
	for _, name := range w.oddOf(in.ID) {
		oddities[name](in, out)
	}
	return out
}

// oddOf lists the ways in which an instance is written.
func (w *world) oddOf(id string) []string {
	all := w.settings.Odd
	if !w.settings.OddInTurn || len(all) == 0 {
		return all
	}
	launched, err := strconv.ParseInt(id[strings.LastIndex(id, "-")+1:], 16, 64) // see uuid
	if err != nil {
		return nil
	}
	return all[(launched-1)%int64(len(all)):][:1]
}

// OddOf lists the ways in which an instance is written, of those that Settings.Odd names.
func (s *Server) OddOf(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.w.oddOf(id))
}

func spelt(how func(string) string, names ...string) oddity {
	return func(_ *instance, out map[string]any) {
		for _, name := range names {
			if v, ok := out[name].(string); ok {
				out[name] = how(v)
			}
		}
	}
}

// within changes a part of the answer, if it is there.
func within(name string, do oddity) oddity {
	return func(in *instance, out map[string]any) {
		if part, ok := out[name].(map[string]any); ok {
			do(in, part)
		}
	}
}

// each changes every element of a list of the answer.
func each(out map[string]any, name string, do func(map[string]any)) {
	list, _ := out[name].([]any)
	for _, one := range list {
		if part, ok := one.(map[string]any); ok {
			do(part)
		}
	}
}

func eachInterface(do func(map[string]any)) oddity {
	return func(_ *instance, out map[string]any) { each(out, "NetworkInterfaceSet", do) }
}

func eachDataDisk(do func(map[string]any)) oddity {
	return func(_ *instance, out map[string]any) { each(out, "DataDisks", do) }
}

func disksSpelt(how func(string) string) oddity {
	change := spelt(how, "DiskType")
	return func(in *instance, out map[string]any) {
		each(out, "DataDisks", func(d map[string]any) { change(in, d) })
		within("SystemDisk", change)(in, out)
	}
}

// idsInUpperCase writes the ids of what an instance uses, and not its own, in upper case.
func idsInUpperCase(in *instance, out map[string]any) {
	spelt(strings.ToUpper, "ImageId", "SubnetId")(in, out)
	var keys []string
	for _, id := range in.KeyIDs {
		keys = append(keys, strings.ToUpper(id))
	}
	if _, there := out["KeySet"]; there {
		out["KeySet"] = append([]string{}, keys...)
	}
	eachInterface(func(nic map[string]any) {
		spelt(strings.ToUpper, "VpcId", "SubnetId")(in, nic)
		each(nic, "GroupSet", func(g map[string]any) { spelt(strings.ToUpper, "GroupId")(in, g) })
		each(nic, "SecurityGroupSet", func(g map[string]any) { spelt(strings.ToUpper, "SecurityGroupId")(in, g) })
	})(in, out)
}

func userDataAsText(in *instance, out map[string]any) {
	if raw, err := base64.StdEncoding.DecodeString(in.UserData); err == nil {
		out["UserData"] = string(raw)
	}
}

func priceAsText(in *instance, out map[string]any) {
	if _, there := out["SpotPriceLimit"]; there {
		out["SpotPriceLimit"] = in.limit.String()
	}
}

func numbersAsText(in *instance, out map[string]any) {
	out["ProjectId"] = strconv.FormatInt(in.ProjectID, 10)
	size := func(d map[string]any) { d["DiskSize"] = fmt.Sprint(d["DiskSize"]) }
	each(out, "DataDisks", size)
	within("SystemDisk", func(_ *instance, d map[string]any) { size(d) })(in, out)
	within("InstanceConfigure", func(_ *instance, c map[string]any) { c["DataDiskGb"] = strconv.Itoa(in.LocalDiskGB) })(in, out)
}

// absentTimes writes the times that an instance has not as some value instead of "".
func absentTimes(v any) oddity {
	return func(_ *instance, out map[string]any) {
		for _, name := range []string{"AutoDeleteTime", "SpotRecyclingTime", "ServiceEndTime"} {
			if out[name] == "" {
				out[name] = v
			}
		}
	}
}

func flagsAsNumbers(_ *instance, out map[string]any) {
	number := map[bool]int{true: 1}
	for _, name := range []string{"IsDistributeIpv6", "AutoDeleteEip", "SyncTag", "FailureAutoDelete"} {
		if v, ok := out[name].(bool); ok {
			out[name] = number[v]
		}
	}
	each(out, "DataDisks", func(d map[string]any) {
		if v, ok := d["DeleteWithInstance"].(bool); ok {
			d["DeleteWithInstance"] = number[v]
		}
	})
}

func reversed[T any](list []T) []T {
	out := append([]T{}, list...)
	slices.Reverse(out)
	return out
}

func disksBackwards(_ *instance, out map[string]any) {
	if list, ok := out["DataDisks"].([]any); ok {
		out["DataDisks"] = reversed(list)
	}
}

// interfacesBackwards shows the primary interface last. Its NetworkInterfaceType still tells it.
func interfacesBackwards(_ *instance, out map[string]any) {
	if list, ok := out["NetworkInterfaceSet"].([]any); ok {
		out["NetworkInterfaceSet"] = reversed(list)
	}
}

// oneDiskAtFirst shows only the first data disk the first time that an active instance is shown.
func oneDiskAtFirst(in *instance, out map[string]any) {
	list, ok := out["DataDisks"].([]any)
	if ok && len(list) > 1 && !in.disksShown {
		out["DataDisks"] = list[:1]
		in.disksShown = in.State == stateActive
	}
}
