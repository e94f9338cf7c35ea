# terraform apply -invoke=action.kec_spot_instance_start.build
action "kec_spot_instance_start" "build" {
  config {
    instance_id = kec_spot_instance.build.id
  }
}
