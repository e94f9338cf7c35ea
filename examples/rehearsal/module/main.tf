# A module worth testing: workers over two zones, the first one as long as it has some.
terraform {
  required_providers {
    kec = {
      source = "kingsoftcloud/kec"
    }
  }
}

data "kec_spot_offers" "here" {
  instance_types = [var.instance_type]
  min_available  = 1
}

resource "kec_spot_fleet" "workers" {
  target_capacity = var.workers
  candidates = [for subnet_id in var.subnet_ids : {
    instance_type    = var.instance_type
    subnet_id        = subnet_id
    spot_price_limit = var.spot_price_limit
  }]

  image_id           = var.image_id
  security_group_ids = var.security_group_ids
  instance_name      = "worker-"

  lifecycle {
    # What the module promises, in its own words. A test expects this failure; an error of the provider ends a test.
    precondition {
      condition     = length(data.kec_spot_offers.here.offers) > 0
      error_message = "No ${var.instance_type} is in stock as a Spot Instance in any zone. Set another instance_type."
    }
  }
}

output "zones" {
  description = "How many workers there are, by zone."
  value       = { for zone, all in { for m in kec_spot_fleet.workers.members : m.availability_zone => m.id... } : zone => length(all) }
}

output "ids" {
  description = "The ids of the workers."
  value       = kec_spot_fleet.workers.members[*].id
}
