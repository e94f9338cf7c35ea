terraform {
  required_version = ">= 1.11"

  required_providers {
    kec = {
      source = "kingsoftcloud/kec"
    }
  }
}

# Region and keys come from KSYUN_REGION, KSYUN_ACCESS_KEY and KSYUN_SECRET_KEY.
provider "kec" {}

resource "kec_spot_instance" "worker" {
  for_each = var.workers

  spot_price_limit   = var.price_limit
  instance_type      = each.value.instance_type
  image_id           = var.image_id
  subnet_id          = var.subnet_ids[each.value.zone]
  security_group_ids = var.security_group_ids

  system_disk = {
    type     = "SSD3.0"
    size_gib = 40
  }

  # Scratch space: it goes with the machine, so that a reclaimed worker leaves nothing behind to pay for.
  data_disks = [
    { type = "SSD3.0", size_gib = var.scratch_gib, delete_with_instance = true },
  ]

  key_ids       = var.key_ids
  instance_name = each.key
  tags          = merge(var.tags, { worker = each.key })
}

# Why did an order fail? Only asked when order_id is set.
data "kec_spot_order" "asked" {
  count = var.order_id == null ? 0 : 1

  order_id = var.order_id
}
