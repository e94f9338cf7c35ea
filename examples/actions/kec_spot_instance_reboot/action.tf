# A machine restarts whenever its settings have changed.
resource "terraform_data" "settings" {
  input = filesha256("settings.conf")

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.kec_spot_instance_reboot.build]
    }
  }
}

action "kec_spot_instance_reboot" "build" {
  config {
    instance_id = kec_spot_instance.build.id
  }
}
