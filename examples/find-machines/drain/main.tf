# What a pipeline drains: the machines that KEC takes back, and until when. It reads `output -json drain`, soonest first.
data "kec_spot_instances" "leaving" {
  being_reclaimed = true
}

locals {
  by_time = { for m in data.kec_spot_instances.leaving.instances : "${m.recycling_time} ${m.id}" => m }
}

output "drain" {
  value = [for key in sort(keys(local.by_time)) : {
    id                 = local.by_time[key].id
    name               = local.by_time[key].instance_name
    private_ip_address = local.by_time[key].private_ip_address
    until              = local.by_time[key].recycling_time
  }]
}
