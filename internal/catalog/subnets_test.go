package catalog_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// subnetsOf is a data source with these arguments, and its subnets in a line.
func subnetsOf(name, arguments string) string {
	return `
data "kec_subnets" "` + name + `" {
` + arguments + `
}

output "` + name + `" {
  value = join(", ", [
    for s in data.kec_subnets.` + name + `.subnets : "${s.name} ${s.availability_zone} ${s.cidr_block} ${s.available_ip_addresses == null ? "-" : s.available_ip_addresses}"
  ])
}
`
}

func TestAccSubnets(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.SetSubnetFree(kecsim.SubnetB, 39)
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_subnets/data-source.tf"))
	outputs(t, w, map[string]string{
		"room": `{"cn-beijing-6a":["` + kecsim.SubnetA + `"],"cn-beijing-6c":["` + kecsim.SubnetC + `"]}`,
	})
	w.Plan().Want(t, 0, "No changes")
	const a, b, c = "app-a cn-beijing-6a 10.7.0.0/24 250", "app-b cn-beijing-6b 10.7.1.0/24 39", "app-c cn-beijing-6c 10.7.3.0/24 250"
	cases(t, env, subnetsOf, map[string]string{
		``:                                    a + ", " + b + ", " + c, // not the one of another type
		`name_regex = "b$"`:                   b,
		`availability_zone = "CN-BEIJING-6C"`: c,
		`vpc_id = "` + kecsim.VPC + `"`:       a + ", " + b + ", " + c,
		`vpc_id = "0a000000"`:                 "",
	})
}

// The number of free addresses is spelt in two ways, and a subnet may be of no type.
func TestAccSubnets_inAnyAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + subnetsOf("subnets", ""))
	env.Sim.FailNext("DescribeSubnets", kecsim.Fault{Status: 200, Body: `{"NextToken":"2","SubnetSet":[
		{"SubnetId":"s-2","SubnetName":"same","AvailabilityZoneName":"z","CidrBlock":"10.0.2.0/24","AvailbleIPNumber":"7"},
		{"SubnetId":"s-1","SubnetName":"same","SubnetType":"normal","AvailabilityZoneName":"z","CidrBlock":"10.0.1.0/24","AvailableIpNumber":250}]}`}, 1)
	env.Sim.FailNext("DescribeSubnets", kecsim.Fault{Status: 200, Body: `{"SubnetSet":[{"SubnetId":"s-3","SubnetName":"lb","SubnetType":"Reserve"},
		{"SubnetId":"s-4","SubnetName":"a","SubnetType":"Normal","CidrBlock":"10.0.4.0/24"},{"SubnetId":"s-1"}]}`}, 1)
	w.Plan().Want(t, 2, `subnets = "a 10.0.4.0/24 -, same z 10.0.1.0/24 250, same z 10.0.2.0/24 7"`)
	env.Sim.DenyService("vpc", true)
	w.Plan().Want(t, 1, "Error: KEC refused access", "The subnets cannot be looked up, which takes permission for DescribeSubnets.")
}
