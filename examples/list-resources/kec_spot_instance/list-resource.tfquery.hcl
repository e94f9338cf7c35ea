# terraform query -generate-config-out=found.tf writes the import of each, and its configuration.
list "kec_spot_instance" "search_team" {
  provider         = kec
  include_resource = true
  limit            = 100

  config {
    state = "active"
    tags  = { team = "search" }
  }
}
