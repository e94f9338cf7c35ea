data "kec_availability_zones" "all" {}

output "zones" {
  value = data.kec_availability_zones.all.names
}
