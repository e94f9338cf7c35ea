# The cheapest type with 8 vCPUs that is in stock now, in any zone that has a subnet with room, and a machine on it.
data "kec_spot_offers" "eight" {
  min_vcpus = 8
  max_vcpus = 8
}

data "kec_subnets" "app" {
  name_regex = "^app-"
}

locals {
  # One subnet with room for each zone, the one with the most.
  rooms = {
    for zone, subnets in { for s in data.kec_subnets.app.subnets : s.availability_zone => s... if s.available_ip_addresses > 0 } :
    zone => [for s in subnets : s.id if s.available_ip_addresses == max(subnets[*].available_ip_addresses...)][0]
  }

  # Offers come cheapest first.
  cheapest = try([for o in data.kec_spot_offers.eight.offers : o if contains(keys(local.rooms), o.availability_zone)][0], null)
}

resource "kec_spot_instance" "worker" {
  instance_type = try(local.cheapest.instance_type, "none-in-stock")
  subnet_id     = try(local.rooms[local.cheapest.availability_zone], "none-in-stock")

  image_id           = var.image_id
  security_group_ids = var.security_group_ids
  instance_name      = "worker"

  # The choice is sticky. Prices move every hour, and without these lines each plan after a move would replace the machine, because
  # KEC can change neither type nor subnet of a Spot Instance. A machine that KEC has taken back is ordered anew by the next
  # apply, and then with the choice of that day: ignore_changes is about machines that exist.
  lifecycle {
    ignore_changes = [instance_type, subnet_id]
  }
}

# A warning where there is no offer: it stops no plan, because a machine that exists needs none. A new machine cannot be ordered
# then, which is an error at its line.
check "offers" {
  assert {
    condition     = local.cheapest != null
    error_message = "No type with 8 vCPUs is in stock as a Spot Instance in a zone that has a subnet with room."
  }
}

output "worker" {
  value = "${kec_spot_instance.worker.instance_type} in ${kec_spot_instance.worker.availability_zone}"
}

variable "image_id" {
  description = "Image of the machine; kec_images lists them."
  type        = string
  default     = "IMG-0d000000-0000-4000-8000-000000000001"
}

variable "security_group_ids" {
  description = "Security groups of the machine, in the VPC of the subnets."
  type        = set(string)
  default     = ["0c000000-0000-4000-8000-000000000001"]
}
