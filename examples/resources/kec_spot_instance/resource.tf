resource "kec_spot_instance" "worker" {
  spot_price_limit   = 0.06 # CNY per hour; leave it out to follow the market price
  instance_type      = "N3.2B"
  image_id           = "IMG-0d000000-0000-4000-8000-000000000001"
  subnet_id          = "0b000000-0000-4000-8000-000000000001" # decides the zone
  security_group_ids = ["0c000000-0000-4000-8000-000000000001"]

  system_disk = {
    type     = "SSD3.0"
    size_gib = 40
  }

  data_disks = [
    { type = "SSD3.0", size_gib = 100, delete_with_instance = true },
  ]

  key_ids       = ["0e000000-0000-4000-8000-000000000001"]
  instance_name = "worker"
  tags          = { team = "batch" }
}
