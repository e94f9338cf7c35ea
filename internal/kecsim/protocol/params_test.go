package protocol

import (
	"maps"
	"net/url"
	"strings"
	"testing"
)

func TestBind_spellings(t *testing.T) {
	t.Parallel()
	patterns := Patterns([]string{"InstanceId.N", "SubnetId", "DataDisk.N.Size", "NetworkInterface.N.SecurityGroupId.N", "Filter.N.Name.N", "Filter.N.Value.N"})
	cases := []struct {
		name, sent string
		want       map[string]string
		wrong      string
	}{
		{"as documented", "InstanceId.1=a&InstanceId.2=b", map[string]string{"InstanceId.1": "a", "InstanceId.2": "b"}, ""},
		{"from zero", "InstanceId.0=a&InstanceId.1=b", map[string]string{"InstanceId.1": "a", "InstanceId.2": "b"}, ""},
		{"ordered by number, not by text", "InstanceId.10=b&InstanceId.9=a", map[string]string{"InstanceId.1": "a", "InstanceId.2": "b"}, ""},
		{"bare list name", "instanceid=a", map[string]string{"InstanceId.1": "a"}, ""},
		{"any case", "subnetId=s&DATADISK.0.size=20", map[string]string{"SubnetId": "s", "DataDisk.1.Size": "20"}, ""},
		{"lists in lists", "NetworkInterface.0.SecurityGroupId.0=a&NetworkInterface.0.SecurityGroupId.1=b",
			map[string]string{"NetworkInterface.1.SecurityGroupId.1": "a", "NetworkInterface.1.SecurityGroupId.2": "b"}, ""},
		{"first filter form", "Filter.1.Name=x&Filter.1.Value.1=y", map[string]string{"Filter.1.Name.1": "x", "Filter.1.Value.1": "y"}, ""},
		{"second filter form", "Filter.1.Name.1=x&Filter.1.Value.1=y", map[string]string{"Filter.1.Name.1": "x", "Filter.1.Value.1": "y"}, ""},
		{"same value twice", "SubnetId=s&subnetid=s", map[string]string{"SubnetId": "s"}, ""},
		{"unknown", "Colour=red", nil, "Colour"},
		{"unknown below a list", "DataDisk.1.Colour=red", nil, "DataDisk.1.Colour"},
		{"index that is no number", "InstanceId.x=a", nil, "InstanceId.x"},
		{"index too large", "InstanceId.99999999999999999999=a", nil, "InstanceId.99999999999999999999"},
		{"negative index", "InstanceId.-1=a", nil, "InstanceId.-1"},
		{"two values", "SubnetId=s&subnetid=t", nil, "SubnetId"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sent, err := url.ParseQuery(c.sent)
			if err != nil {
				t.Fatal(err)
			}
			got, refusal := Bind(patterns, sent)
			if c.wrong != "" {
				if refusal == nil || !strings.Contains(refusal.Message, c.wrong) || refusal.Code != CodeInvalidParameter {
					t.Fatalf("got %v, want a refusal that names %s", refusal, c.wrong)
				}
				return
			}
			if refusal != nil {
				t.Fatal(refusal.Message)
			}
			if !maps.Equal(got.values, c.want) {
				t.Errorf("got %v, want %v", got.values, c.want)
			}
		})
	}
}

func TestOver_takesListsAsAWhole(t *testing.T) {
	t.Parallel()
	patterns := Patterns([]string{"Name", "SystemDisk.Type", "SystemDisk.Size", "DataDisk.N.Size", "DataDisk.N.Type", "KeyId.N"})
	bound := func(sent string) *Args {
		values, err := url.ParseQuery(sent)
		if err != nil {
			t.Fatal(err)
		}
		args, refusal := Bind(patterns, values)
		if refusal != nil {
			t.Fatal(refusal.Message)
		}
		return args
	}
	first, second := bound("Name=a&SystemDisk.Size=1&DataDisk.1.Size=2"), bound("Name=b&SystemDisk.Size=3&SystemDisk.Type=x&DataDisk.1.Type=y&DataDisk.2.Size=4&KeyId.1=k&KeyId.2=l")
	got := first.Over(second)
	want := map[string]string{"Name": "a", "SystemDisk.Size": "1", "SystemDisk.Type": "x", "DataDisk.1.Size": "2", "KeyId.1": "k", "KeyId.2": "l"}
	if !maps.Equal(got.All(), want) {
		t.Errorf("got %v, want %v", got.All(), want)
	}
	same(t, "disks", got.Count("DataDisk"), 1)
	same(t, "keys", strings.Join(got.List("KeyId"), " "), "k l")
	same(t, "the first is as it was", first.Has("KeyId.1"), false)
}
