# The newest of KEC's own images of a platform, for machines that follow it and for machines that keep what they were launched with.
data "kec_images" "ubuntu" {
  platform = "ubuntu-24.04"
  type     = "system"

  lifecycle {
    postcondition {
      condition     = length(self.ids) > 0
      error_message = "There is no active system image of the platform ubuntu-24.04."
    }
  }
}

# At the next newer image the plan says that this machine must be replaced, because KEC cannot change the image of a Spot Instance.
# Nothing happens before somebody applies that plan; a machine inside its protected hour is named in a warning.
resource "kec_spot_instance" "stateless" {
  image_id      = data.kec_images.ubuntu.ids[0]
  instance_name = "stateless"

  instance_type      = "N3.2B"
  subnet_id          = var.subnet_id
  security_group_ids = var.security_group_ids
}

# This machine keeps its image. It takes the newest one when it is replaced (-replace, or for another change), and when it is
# ordered anew because KEC has taken it back.
resource "kec_spot_instance" "stateful" {
  image_id      = data.kec_images.ubuntu.ids[0]
  instance_name = "stateful"

  instance_type      = "N3.2B"
  subnet_id          = var.subnet_id
  security_group_ids = var.security_group_ids

  lifecycle {
    ignore_changes = [image_id]
  }
}

variable "subnet_id" {
  description = "Subnet of the machines; kec_subnets lists them."
  type        = string
  default     = "0b000000-0000-4000-8000-000000000001"
}

variable "security_group_ids" {
  description = "Security groups of the machines, in the VPC of the subnet."
  type        = set(string)
  default     = ["0c000000-0000-4000-8000-000000000001"]
}
