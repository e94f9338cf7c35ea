# A small service that survives reclaims: three machines in two zones, and a fourth as soon as KEC announces to take one. It takes a
# pipeline that applies more often than the ten minutes of the notice: see apply.sh.
resource "kec_spot_fleet" "service" {
  target_capacity        = 3
  min_capacity           = 2
  replace_before_release = true

  candidates = [for subnet in var.subnet_ids : { instance_type = "N3.2B", subnet_id = subnet, spot_price_limit = var.price_limit }]
  order      = "spread" # a zone that runs short takes no more than its part

  image_id           = var.image_id
  security_group_ids = var.security_group_ids
  instance_name      = "api-"

  # A disk that stays when its machine goes keeps the data, and is charged until somebody deletes it: kec_spot_fleet says in the plan
  # that it does, and does not attach it to another machine.
  data_disks = [{ type = "SSD3.0", size_gib = 20, delete_with_instance = false }]
}

output "addresses" {
  description = "For the load balancer: the machines that run and are not about to be taken."
  value       = [for m in kec_spot_fleet.service.members : m.private_ip_address if m.state == "active" && m.recycling_time == null]
}

variable "subnet_ids" {
  description = "Subnets in different zones."
  type        = list(string)
  default     = ["0b000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"]
}

variable "price_limit" {
  description = "CNY an hour for each machine."
  type        = number
  default     = 0.06
}

variable "image_id" {
  description = "Image of the machines; kec_images lists them."
  type        = string
  default     = "IMG-0d000000-0000-4000-8000-000000000001"
}

variable "security_group_ids" {
  description = "Security groups of the machines, in the VPC of the subnets."
  type        = set(string)
  default     = ["0c000000-0000-4000-8000-000000000001"]
}
