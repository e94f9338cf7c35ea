# Which is the newest of our own images?
data "kec_images" "golden" {
  name_regex = "^golden-"
  type       = "custom"
}

output "newest" {
  value = try(data.kec_images.golden.ids[0], null)
}
