variable "workers" {
  description = "How many workers there are to be."
  type        = number
  default     = 3
}

variable "instance_type" {
  description = "Type of the workers."
  type        = string
  default     = "N3.2B"
}

variable "spot_price_limit" {
  description = "What a worker may cost, in CNY per hour."
  type        = number
  default     = 0.06
}

variable "subnet_ids" {
  description = "Subnets in the order in which they are tried. The default ones are in the zones a and b of the simulator."
  type        = list(string)
  default     = ["0b000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"]
}

variable "image_id" {
  description = "Image of the workers."
  type        = string
  default     = "IMG-0d000000-0000-4000-8000-000000000001"
}

variable "security_group_ids" {
  description = "Security groups of the workers, in the VPC of the subnets."
  type        = set(string)
  default     = ["0c000000-0000-4000-8000-000000000001"]
}
