package param

import (
	"math/big"
	"net/url"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func set(elements ...string) types.Set {
	values := make([]attr.Value, 0, len(elements))
	for _, e := range elements {
		values = append(values, types.StringValue(e))
	}
	return types.SetValueMust(types.StringType, values)
}

func number(t *testing.T, text string) types.Number {
	t.Helper()
	f, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return types.NumberValue(f)
}

func table(t *testing.T) Table {
	t.Helper()
	var table Table
	table.Fixed("ChargeType", "Spot")
	table.Root("instance_type", "InstanceType", types.StringValue("N3.2B"))
	table.Root("spot_price_limit", "SpotPriceLimit", number(t, "0.12345"))
	table.Root("key_ids", "KeyId", set("k2", "k1"))
	table.Root("host_name", "HostName", types.StringNull())
	table.Root("image_id", "ImageId", types.StringUnknown())
	table.Root("keep_image_login", "KeepImageLogin", types.BoolValue(false))
	table.At(path.Root("system_disk").AtName("type"), "SystemDisk.DiskType", types.StringValue("SSD3.0"))
	table.At(path.Root("system_disk").AtName("size_gib"), "SystemDisk.DiskSize", types.Int64Value(40))
	for i, size := range []int64{50, 60} {
		at := path.Root("data_disks").AtListIndex(i)
		n := []string{"DataDisk.1.", "DataDisk.2."}[i]
		table.At(at.AtName("type"), n+"Type", types.StringValue("EHDD"))
		table.At(at.AtName("size_gib"), n+"Size", types.Int64Value(size))
	}
	table.Root("tags", "Tag", types.MapValueMust(types.StringType, map[string]attr.Value{
		"team": types.StringValue("search"), "env": types.StringValue("prod"),
	}))
	table.Version("password_wo_version", types.Int64Value(3))
	return table
}

func TestEncode_sendsWhatIsKnownInOneOrder(t *testing.T) {
	t.Parallel()
	got, err := table(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := "ChargeType=Spot" +
		"&DataDisk.1.Size=50&DataDisk.1.Type=EHDD&DataDisk.2.Size=60&DataDisk.2.Type=EHDD" +
		"&InstanceType=N3.2B&KeepImageLogin=false&KeyId.1=k1&KeyId.2=k2&SpotPriceLimit=0.12345" +
		"&SystemDisk.DiskSize=40&SystemDisk.DiskType=SSD3.0" +
		"&Tag.1.Key=env&Tag.1.Value=prod&Tag.2.Key=team&Tag.2.Value=search"
	if got.Encode() != want {
		t.Errorf("got  %s\nwant %s", got.Encode(), want)
	}
}

func TestEncode_refusesATypeWithoutAWireForm(t *testing.T) {
	t.Parallel()
	var table Table
	table.Root("a", "A", types.ListNull(types.StringType))
	if _, err := table.Encode(); err != nil {
		t.Errorf("a null list: %v", err)
	}
	table.Root("b", "B", types.ListValueMust(types.StringType, nil))
	if got, err := table.Encode(); err == nil {
		t.Errorf("a list was sent as %v", got)
	}
}

func TestEncode_writesOnePriceOneWay(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0.5", "0.50", "5e-1"} {
		table := Table{{Path: path.Root("p"), Name: "P", Value: number(t, text)}}
		got, err := table.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got.Get("P") != "0.5" {
			t.Errorf("%s is sent as %s", text, got.Get("P"))
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, parameter, want string }{
		{"exact", "DataDisk.2.Size", "data_disks[1].size_gib"},
		{"another case", "datadisk.2.SIZE", "data_disks[1].size_gib"},
		{"one element of a list", "DataDisk.2", "data_disks[1]"},
		{"the whole list", "DataDisk", "data_disks"},
		{"a list without its index", "DataDisk.Size", "data_disks"},
		{"an index that was not sent", "DataDisk.7.Size", "data_disks"},
		{"an unknown last part", "DataDisk.1.Colour", "data_disks[0]"},
		{"a structure", "SystemDisk", "system_disk"},
		{"in a structure", "SystemDisk.DiskSize", "system_disk.size_gib"},
		{"an element of a set", "KeyId.2", "key_ids"},
		{"a set by its bare name", "KeyId", "key_ids"},
		{"a tag", "Tag.2.Key", `tags["team"]`},
		{"a tag that was not sent", "Tag.9.Key", "tags"},
		{"a value left out", "HostName", "host_name"},
		{"an unknown value", "ImageId", "image_id"},
		{"white space", " ImageId ", "image_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := table(t).Locate(c.parameter)
			if !ok || got.String() != c.want {
				t.Errorf("Locate(%q) = %s, %t; want %s", c.parameter, got, ok, c.want)
			}
		})
	}
	for _, nowhere := range []string{"", ".", "ChargeType", "Nonsense", "Nonsense.1.Size", "1"} {
		if got, ok := table(t).Locate(nowhere); ok {
			t.Errorf("Locate(%q) = %s, want nothing", nowhere, got)
		}
	}
}

func TestLocate_findsEverythingThatIsSent(t *testing.T) {
	t.Parallel()
	sent, err := table(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name := range sent {
		if _, ok := table(t).Locate(name); !ok && name != "ChargeType" {
			t.Errorf("%s is sent but not found", name)
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	paths := func(lines Table) string {
		q := url.Values{}
		for _, l := range lines {
			q.Set(l.Path.String(), l.Name)
		}
		return q.Encode()
	}
	change := func(p, name string, v attr.Value) func(Table) Table {
		return func(before Table) Table {
			var after Table
			for _, l := range before {
				if l.Path.String() == p {
					l.Value = v
				}
				after = append(after, l)
			}
			return after
		}
	}
	for _, c := range []struct {
		name  string
		alter func(Table) Table
		want  url.Values
	}{
		{"nothing", func(t Table) Table { return t }, url.Values{}},
		{"a value", change("instance_type", "InstanceType", types.StringValue("N3.4B")), url.Values{"instance_type": {"InstanceType"}}},
		{"to unknown", change("instance_type", "InstanceType", types.StringUnknown()), url.Values{"instance_type": {"InstanceType"}}},
		{"to null", change("key_ids", "KeyId", types.SetNull(types.StringType)), url.Values{"key_ids": {"KeyId"}}},
		{"order of a set", change("key_ids", "KeyId", set("k1", "k2")), url.Values{}},
		{"another notation", change("spot_price_limit", "SpotPriceLimit", number(t, "0.123450")), url.Values{}},
		{"null to empty", func(before Table) Table {
			before = append(Table{}, before...)
			before.Root("none", "None", types.SetValueMust(types.StringType, nil))
			return before
		}, url.Values{}},
		{"a version", change("password_wo_version", "", types.Int64Value(4)), url.Values{"password_wo_version": {""}}},
		{"fewer disks", func(t Table) Table {
			return append(append(Table{}, t[:11]...), t[13:]...)
		}, url.Values{"data_disks[1].type": {"DataDisk.2.Type"}, "data_disks[1].size_gib": {"DataDisk.2.Size"}}},
		{"one more", func(t Table) Table {
			t = append(Table{}, t...)
			t.Root("host_name_suffix", "HostNameSuffix", types.Int64Value(1))
			t.Root("never_set", "NeverSet", types.Int64Null())
			return t
		}, url.Values{"host_name_suffix": {"HostNameSuffix"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := table(t)
			if got := paths(c.alter(before).Changed(before)); got != c.want.Encode() {
				t.Errorf("got  %s\nwant %s", got, c.want.Encode())
			}
		})
	}
}

func TestChange_isNamedByTheLine(t *testing.T) {
	t.Parallel()
	var table Table
	table.Root("instance_type", "InstanceType", types.StringValue("N3.2B"))
	table.Root("auto_delete_time", "AutoDeleteTime", types.StringNull()).InPlace("automatic deletion")
	table.Root("auto_delete_eip", "AutoDeleteEip", types.BoolNull()).InPlace("automatic deletion")
	table.Version("password_wo_version", types.Int64Null()).InPlace("password")
	for change, want := range map[Change]string{"automatic deletion": "AutoDeleteTime", "password": "", "nothing": ""} {
		if got := table.NameOf(change); got != want {
			t.Errorf("the parameter of %s is %q, want %q", change, got, want)
		}
	}
	var after Table
	after.Root("auto_delete_eip", "AutoDeleteEip", types.BoolValue(true)).InPlace("automatic deletion")
	if changed := after.Changed(table); len(changed) != 2 || changed[0].Change != "automatic deletion" || changed[1].Change != "" {
		t.Errorf("changed: %v", changed)
	}
}

func TestUnsure(t *testing.T) {
	t.Parallel()
	var table Table
	table.Root("image_id", "ImageId", types.StringNull())
	table.Root("instance_type", "InstanceType", types.StringValue("N3.2B"))
	table.Root("sriov_net_support", "SriovNetSupport", types.BoolValue(true)).Vague()
	table.Root("auto_delete_eip", "AutoDeleteEip", types.BoolValue(true)).InPlace("automatic deletion")
	table.Root("host_name", "HostName", types.StringNull()).InPlace("host name")
	table.Version("password_wo_version", types.Int64Null()).InPlace("password").Unreported()
	for i, want := range []bool{true, false, true, false, false, true} {
		if got := table[i].Unsure(); got != want {
			t.Errorf("%s: %t, want %t", table[i].Path, got, want)
		}
	}
	missing := Line{Path: path.Root("data_disks").AtListIndex(1).AtName("type"), Value: types.StringValue("EHDD")}
	if !table.Prior(missing).Unsure() {
		t.Errorf("what the table does not have is not known")
	}
}
