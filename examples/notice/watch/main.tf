# Which workers is KEC taking back, and until when? A configuration of its own, so that a look costs three requests and changes
# nothing but its output.
data "kec_spot_instances" "leaving" {
  being_reclaimed = true
  tags            = { service = "worker" }
}

output "leaving" {
  value = [for m in data.kec_spot_instances.leaving.instances : { address = m.private_ip_address, until = m.recycling_time }]
}
