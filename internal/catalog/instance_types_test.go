package catalog_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// typesOf is a data source with these arguments, and its types in a line.
func typesOf(name, arguments string) string {
	return `
data "kec_instance_types" "` + name + `" {
` + arguments + `
}

output "` + name + `" {
  value = join(", ", [
    for t in data.kec_instance_types.` + name + `.instance_types : join(" ", [for v in [t.name, t.vcpus, t.memory_gib, t.gpus] : v == null ? "-" : v])
  ])
}
`
}

func TestAccInstanceTypes(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.AddType(kecsim.Type{Name: "P1.8G", Family: "P1", VCPUs: 8, MemoryGB: 64, GPUs: 1, OnDemand: "8.1"})
	env.Sim.SellOutDisk(kecsim.ZoneC, "ESSD_PL3", true)
	env.Sim.SellOutDisk(kecsim.ZoneB, "ESSD_PL3", true)
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_instance_types/data-source.tf"))
	outputs(t, w, map[string]string{"largest_disk_gib": `{"E1.8B":16000,"N3.4B":16000,"N3.8B":16000,"P1.8G":16000}`})
	w.Plan().Want(t, 0, "No changes")

	cases(t, env, typesOf, map[string]string{
		``:                "E1.2B 2 4 0, I4.2B 2 4 0, N2.2B 2 4 0, N3.2B 2 4 0, N3.4B 4 8 0, E1.8B 8 16 0, N3.8B 8 16 0, P1.8G 8 64 1",
		`family = "n3"`:   "N3.2B 2 4 0, N3.4B 4 8 0, N3.8B 8 16 0",
		`min_gpus = 1`:    "P1.8G 8 64 1",
		`min_vcpus = 100`: "",
		"min_vcpus = 4\nmax_gpus = 0\nmax_memory_gib = 15.5":                                        "N3.4B 4 8 0",
		"availability_zone = \"cn-beijing-6b\"\ndata_disk_type = \"ESSD_PL3\"":                      "",
		"availability_zone = \"cn-beijing-6a\"\ndata_disk_type = \"essd_pl3\"\nmin_memory_gib = 16": "E1.8B 8 16 0, N3.8B 8 16 0, P1.8G 8 64 1",
		`availability_zone = "cn-shanghai-2a"`:                                                      "",
		`data_disk_type = "floppy"`:                                                                 "",
	})

	w.Write(env.Block("") + typesOf("types", `family = "P1"`) + `
output "whole" {
  value = merge(data.kec_instance_types.types.instance_types[0], { data_disks = [for d in data.kec_instance_types.types.instance_types[0].data_disks : d if d.type == "ESSD_PL3"] })
}
`)
	outputs(t, w, map[string]string{
		"types": `"P1.8G 8 64 1"`,
		"whole": `{"availability_zones":["cn-beijing-6a","cn-beijing-6b","cn-beijing-6c"],` +
			`"data_disks":[{"max_count":8,"max_size_gib":16000,"min_size_gib":10,"sold_out_zones":["cn-beijing-6b","cn-beijing-6c"],"type":"ESSD_PL3"}],` +
			`"family":"P1","gpus":1,"memory_gib":64,"name":"P1.8G","system_disk_types":["Local_SSD","SSD3.0","EHDD","ESSD_PL0","ESSD_PL1","ESSD_PL2",` +
			`"ESSD_Entry","ESSD_AutoPL","ESSD_SYSTEM_PL0","ESSD_SYSTEM_PL1","ESSD_SYSTEM_PL2","ESSD_SYSTEM_Entry","ESSD_SYSTEM_AutoPL"],"vcpus":8}`,
	})
}

// Numbers may be texts or missing, lists may be missing, and nothing is made up in their place.
func TestAccInstanceTypes_inAnyAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	const body = `{"instanceTypeConfigSet":[{"instanceType":"B","cpu":"4","memory":"0.5"},{"instanceType":"A"},
		{"instanceType":"C","cpu":2,"memory":4,"gpu":"0","availabilityZoneSet":["cn-beijing-6b",{"azCode":"cn-beijing-6a"}]}]}`
	env.Sim.FailNext("DescribeInstanceTypeConfigs", kecsim.Fault{Status: 200, Body: body}, 1)
	cases(t, env, typesOf, map[string]string{
		``:                                    "A - - -, C 2 4 0, B 4 0.5 -",
		`min_vcpus = 1`:                       "C 2 4 0, B 4 0.5 -", // of A it is not known
		`max_memory_gib = 1`:                  "B 4 0.5 -",
		`availability_zone = "cn-beijing-6c"`: "A - - -, B 4 0.5 -", // KEC does not say where they are sold
	})
	w := env.Workspace(t)
	w.Write(env.Block("") + typesOf("types", ""))
	env.Sim.FailNext("DescribeInstanceTypeConfigs", kecsim.Fault{Status: 200, Body: `{"InstanceTypeConfigSet":[]}`}, 1)
	w.Plan().Want(t, 2, `types = ""`)
	env.Sim.DenyAction("kec", "DescribeInstanceTypeConfigs", true)
	w.Plan().Want(t, 1, "Error: KEC refused access", "The instance types cannot be looked up, which takes permission for DescribeInstanceTypeConfigs.")
	w.Write(env.Block("") + typesOf("types", "min_gpus = 2\nmax_gpus = 1"))
	w.Plan().Want(t, 1, "min_gpus is 2 and max_gpus is 1: nothing is within these limits.")
}
