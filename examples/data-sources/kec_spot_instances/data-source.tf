# Which machines has somebody launched by other means, and which are being taken back?
data "kec_spot_instances" "all" {}

output "launched_by_other_means" {
  value = [for m in data.kec_spot_instances.all.instances : "${m.instance_name} (${m.id})" if !m.launched_by_terraform]
}

output "being_reclaimed" {
  value = { for m in data.kec_spot_instances.all.instances : m.id => m.recycling_time if m.recycling_time != null }
}
