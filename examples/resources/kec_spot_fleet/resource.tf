resource "kec_spot_fleet" "workers" {
  target_capacity = 6
  min_capacity    = 4 # fewer is an error, between is a warning

  candidates = [
    { instance_type = "N3.2B", subnet_id = "0b000000-0000-4000-8000-000000000001", spot_price_limit = 0.06 },
    { instance_type = "N3.2B", subnet_id = "0b000000-0000-4000-8000-000000000002", max_price_share = 0.4 },
  ]
  order = "price" # the cheapest at that moment first

  image_id           = "IMG-0d000000-0000-4000-8000-000000000001"
  security_group_ids = ["0c000000-0000-4000-8000-000000000001"]
  instance_name      = "worker-" # worker-1, worker-2, ...
  tags               = { team = "search" }
}

output "addresses" {
  value = kec_spot_fleet.workers.members[*].private_ip_address
}
