resource "kec_spot_instance" "worker" {
  spot_price_limit   = 0.06 # CNY per hour; leave it out to follow the market price
  instance_type      = "N3.2B"
  image_id           = "IMG-1f0e8d6c-5b4a-4c3d-9e2f-7a6b5c4d3e2f"
  subnet_id          = "6b5f0d3e-2a41-4c58-9d77-0e1f2a3b4c5d" # decides the zone
  security_group_ids = ["9c8d7e6f-1a2b-4c3d-8e4f-5a6b7c8d9e0f"]

  system_disk = {
    type     = "SSD3.0"
    size_gib = 40
  }

  data_disks = [
    { type = "SSD3.0", size_gib = 100, delete_with_instance = true },
  ]

  key_ids       = ["3e2d1c0b-9a8f-4e7d-b6c5-4d3e2f1a0b9c"]
  instance_name = "worker"
  tags          = { team = "batch" }
}
