# Where do twenty machines with 2 vCPUs and 4 GiB cost the least now, at no more than a quarter of the pay-as-you-go price?
data "kec_spot_offers" "small" {
  min_vcpus      = 2
  max_vcpus      = 2
  min_memory_gib = 4
  min_available  = 20
  max_share      = 0.25
}

output "cheapest" {
  value = try(data.kec_spot_offers.small.offers[0], null)
}

output "all" {
  value = [for o in data.kec_spot_offers.small.offers : "${o.instance_type} in ${o.availability_zone}: ${o.spot_price}"]
}
