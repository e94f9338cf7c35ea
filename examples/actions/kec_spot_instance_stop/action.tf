# terraform apply -invoke=action.kec_spot_instance_stop.build, at the end of the day
action "kec_spot_instance_stop" "build" {
  config {
    instance_id = kec_spot_instance.build.id
    timeout     = "5m"
  }
}
