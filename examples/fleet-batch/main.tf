# Workers of a batch: any of two types in two zones, by price, and pay-as-you-go as the last resort. They pull their work from a
# queue, so that one that is taken back loses nothing but the piece it had.
resource "kec_spot_fleet" "batch" {
  target_capacity = var.workers
  min_capacity    = ceil(var.workers / 2) # with half of them the work is only slower

  candidates = concat(
    [for subnet in var.subnet_ids : { instance_type = "N3.2B", subnet_id = subnet, max_price_share = 0.5 }],
    [for subnet in var.subnet_ids : { instance_type = "E1.2B", subnet_id = subnet, max_price_share = 0.5 }],
    [{ instance_type = "E1.2B", subnet_id = var.subnet_ids[0], on_demand = true }],
  )
  order = "price"

  # What all of them may cost an hour, whatever the market does. A machine counts with its limit.
  max_hourly_cost = var.max_hourly_cost

  image_id           = var.image_id
  security_group_ids = var.security_group_ids
  instance_name      = "batch-"
  user_data          = <<-EOT
    #!/bin/sh
    exec /opt/worker --queue '${var.queue}'
  EOT
  tags               = { job = "nightly" }
}

output "capacity" {
  value = kec_spot_fleet.batch.capacity
}

output "at_most_an_hour" {
  description = "CNY."
  value       = kec_spot_fleet.batch.hourly_cost_ceiling
}

variable "workers" {
  description = "How many machines. 0 ends the batch and keeps the fleet."
  type        = number
  default     = 12
}

variable "max_hourly_cost" {
  description = "CNY an hour for all machines together."
  type        = number
  default     = 1.5
}

variable "subnet_ids" {
  description = "Subnets in different zones."
  type        = list(string)
  default     = ["0b000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"]
}

variable "queue" {
  description = "Where the workers get their work."
  type        = string
  default     = "https://queue.example.com/nightly"
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
