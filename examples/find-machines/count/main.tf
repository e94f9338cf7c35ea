# What does a team run? Its machines, counted by type.
data "kec_spot_instances" "team" {
  state = "active"
  tags  = { team = "search" }
}

output "machines_by_type" {
  value = { for type, ids in { for m in data.kec_spot_instances.team.instances : m.instance_type => m.id... } : type => length(ids) }
}
