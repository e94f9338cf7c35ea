# Machines that were launched by other means come under management as they are: nothing is touched. A machine that appears later
# is adopted by a later apply. One that leaves the data, because somebody takes its tag away, would be destroyed as no longer
# wanted, so prevent_destroy stays until the set is written down.
data "kec_spot_instances" "team" {
  tags = { team = "search" }
}

locals {
  strays = { for m in data.kec_spot_instances.team.instances : m.id => m if !m.launched_by_terraform }
}

import {
  for_each = local.strays
  to       = kec_spot_instance.adopted[each.key]
  id       = each.value.id
}

resource "kec_spot_instance" "adopted" {
  for_each = local.strays

  spot_strategy      = each.value.spot_strategy
  spot_price_limit   = each.value.spot_price_limit
  instance_type      = each.value.instance_type
  image_id           = each.value.image_id
  subnet_id          = each.value.subnet_id
  private_ip_address = each.value.private_ip_address
  security_group_ids = each.value.security_group_ids
  key_ids            = each.value.key_ids
  instance_name      = each.value.instance_name
  host_name          = each.value.host_name
  project_id         = each.value.project_id
  tags               = each.value.tags

  system_disk = {
    type     = each.value.system_disk.type
    size_gib = each.value.system_disk.size_gib
  }

  data_disks = length(each.value.data_disks) == 0 ? null : [for d in each.value.data_disks : {
    type                 = d.type
    size_gib             = d.size_gib
    delete_with_instance = d.delete_with_instance
  }]

  lifecycle {
    prevent_destroy = true
  }
}
