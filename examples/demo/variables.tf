variable "workers" {
  description = "The fleet: the zone and the instance type of each worker, by name."
  type = map(object({
    zone          = string
    instance_type = optional(string, "N3.2B")
  }))
}

variable "price_limit" {
  description = "Highest price to pay for a worker, in CNY per hour; null follows the market price."
  type        = number
  default     = 0.1
}

variable "subnet_ids" {
  description = "One subnet in each zone, by the name of the zone."
  type        = map(string)
}

variable "security_group_ids" {
  description = "Security groups in the VPC of the subnets."
  type        = set(string)
}

variable "image_id" {
  description = "Image that the workers boot."
  type        = string
}

variable "key_ids" {
  description = "SSH keys that may log in to the workers."
  type        = set(string)
  default     = []
}

variable "scratch_gib" {
  description = "Size of each worker's scratch disk in GiB."
  type        = number
  default     = 100
}

variable "tags" {
  description = "Tags of every worker and its disks."
  type        = map(string)
  default     = { fleet = "demo" }
}

variable "order_id" {
  description = "An order to explain, from the console, Billing > Order Management; null for none."
  type        = string
  default     = null
}
