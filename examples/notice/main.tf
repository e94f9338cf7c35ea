# Workers that drain themselves when KEC takes them back. KEC announces a release ten minutes ahead, and only its API shows it: no
# source says that a machine can see its own notice. So a pipeline looks every minute (pipeline.sh, with watch/) and tells the
# machine, and the machine does the rest (drain.sh). Once it is gone, the next apply orders a replacement and says why.
resource "kec_spot_instance" "worker" {
  count = 2

  instance_type      = "N3.2B"
  image_id           = var.image_id
  subnet_id          = var.subnet_id
  security_group_ids = var.security_group_ids
  key_ids            = var.key_ids # of the pipeline, which comes by ssh
  instance_name      = "worker-${count.index}"
  tags               = { service = "worker" }

  # At its first boot the machine gets drain.sh, and a unit of systemd that starts it as soon as there is a notice.
  user_data = <<-EOT
    #cloud-config
    write_files:
      - path: /usr/local/bin/drain
        permissions: "0755"
        encoding: b64
        content: ${filebase64("${path.module}/drain.sh")}
      - path: /etc/systemd/system/drain.path
        content: |
          [Path]
          PathExists=/run/notice
          [Install]
          WantedBy=multi-user.target
      - path: /etc/systemd/system/drain.service
        content: |
          [Service]
          Type=oneshot
          RemainAfterExit=yes
          ExecStart=/usr/local/bin/drain /run/notice
    runcmd:
      - systemctl enable --now drain.path
  EOT
}

variable "image_id" {
  description = "Image of the machines, with cloud-init and systemd; kec_images lists them."
  type        = string
  default     = "IMG-0d000000-0000-4000-8000-000000000001"
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

variable "key_ids" {
  description = "Keys with which the pipeline logs in."
  type        = set(string)
  default     = ["0e000000-0000-4000-8000-000000000001"]
}
