# Which subnet of each zone has room for forty machines?
data "kec_subnets" "app" {
  name_regex = "^app-"
}

output "room" {
  value = {
    for s in data.kec_subnets.app.subnets : s.availability_zone => s.id...
    if s.available_ip_addresses >= 40
  }
}
