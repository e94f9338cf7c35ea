package wizard

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

func ptr[T any](v T) *T { return &v }

func TestRefreshDataDisks_keepTheUsersOrder(t *testing.T) {
	t.Parallel()
	disk := func(kind string, size int64, id types.String) DataDisk {
		return DataDisk{types.StringValue(kind), types.Int64Value(size), types.StringNull(), types.BoolValue(true), id}
	}
	here := func(id, kind string, size int64) kec.Disk {
		return kec.Disk{ID: id, Type: kind, SizeGB: size, DeleteWithInstance: ptr(true)}
	}
	with := func(d DataDisk, deleted bool) DataDisk {
		d.DeleteWithInstance = types.BoolValue(deleted)
		return d
	}
	known, unknown := types.StringValue, types.StringUnknown()
	for _, c := range []struct {
		name string
		was  []DataDisk
		now  []kec.Disk
		want []DataDisk
	}{
		{"new ones by type and size",
			[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown), disk("SSD3.0", 50, unknown)},
			[]kec.Disk{here("a", "EHDD", 100), here("b", "SSD3.0", 50), here("c", "SSD3.0", 50)},
			[]DataDisk{disk("SSD3.0", 50, known("b")), disk("EHDD", 100, known("a")), disk("SSD3.0", 50, known("c"))}},
		{"known ones by id, though they have grown",
			[]DataDisk{disk("SSD3.0", 50, known("b")), disk("SSD3.0", 50, known("a"))},
			[]kec.Disk{here("a", "SSD3.0", 80), here("b", "SSD3.0", 50)},
			[]DataDisk{disk("SSD3.0", 50, known("b")), disk("SSD3.0", 80, known("a"))}},
		{"twins by their fate",
			[]DataDisk{disk("SSD3.0", 50, unknown), with(disk("SSD3.0", 50, unknown), false)},
			[]kec.Disk{{ID: "keep", Type: "SSD3.0", SizeGB: 50, DeleteWithInstance: ptr(false)}, here("gone", "SSD3.0", 50)},
			[]DataDisk{disk("SSD3.0", 50, known("gone")), with(disk("SSD3.0", 50, known("keep")), false)}},
		{"one is gone",
			[]DataDisk{disk("SSD3.0", 50, known("a")), disk("SSD3.0", 50, known("b"))},
			[]kec.Disk{here("b", "SSD3.0", 50)},
			[]DataDisk{disk("SSD3.0", 50, known("b"))}},
		{"one was attached by somebody else",
			[]DataDisk{disk("SSD3.0", 50, known("a"))},
			[]kec.Disk{here("x", "SSD3.0", 50), here("a", "SSD3.0", 50)},
			[]DataDisk{disk("SSD3.0", 50, known("a"))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, want := refreshDataDisks(NewLook(&kec.Instance{DataDisks: c.now}, Baseline{}), dataDisks.List(c.was)), dataDisks.List(c.want); !got.Equal(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
