# A login password that is in no state, no plan and no file: it is made for the run, sent to KEC, and forgotten.
terraform {
  required_providers {
    random = {
      source  = "hashicorp/random"
      version = ">= 3.7" # the first with ephemeral resources
    }
  }
}

ephemeral "random_password" "login" {
  length      = 24
  min_upper   = 1 # KEC wants an upper-case letter, a lower-case one and a digit
  min_lower   = 1
  min_numeric = 1
  special     = false
}

resource "kec_spot_instance" "worker" {
  password_wo         = ephemeral.random_password.login.result
  password_wo_version = 1 # raise it for a new password: that restarts the machine

  instance_type      = "N3.2B"
  image_id           = var.image_id
  subnet_id          = var.subnet_id
  security_group_ids = var.security_group_ids
  instance_name      = "worker"
}

# Nobody knows this password, so it serves where nobody is to log in with one. Where people are to, let a resource of your secret
# store keep it: many take an ephemeral value in a write-only argument too.

variable "image_id" {
  description = "Image of the machine; kec_images lists them."
  type        = string
  default     = "IMG-0d000000-0000-4000-8000-000000000001"
}

variable "subnet_id" {
  description = "Subnet of the machine; kec_subnets lists them."
  type        = string
  default     = "0b000000-0000-4000-8000-000000000001"
}

variable "security_group_ids" {
  description = "Security groups of the machine, in the VPC of the subnet."
  type        = set(string)
  default     = ["0c000000-0000-4000-8000-000000000001"]
}
