# What has an N3.2B cost over the last day, and which limit leaves it a tenth of air above that day's highest price?
data "kec_spot_price" "small" {
  instance_type     = "N3.2B"
  availability_zone = "cn-beijing-6a"
  hours             = 24
}

output "today" {
  value = {
    now     = data.kec_spot_price.small.spot_price
    lowest  = data.kec_spot_price.small.lowest
    highest = data.kec_spot_price.small.highest
    average = data.kec_spot_price.small.average
    share   = data.kec_spot_price.small.share
  }
}

# A limit has at most 5 decimals, and is at most the pay-as-you-go price.
output "limit" {
  value = (data.kec_spot_price.small.offered ?
    min(floor(data.kec_spot_price.small.highest * 1.1 * 100000) / 100000, data.kec_spot_price.small.on_demand_price) : null
  )
}
