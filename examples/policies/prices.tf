# The prices by which bid.rego judges. Beside the machines, in the root module or in any other, the plan holds them as they are now.
data "kec_spot_price" "policy" {
  for_each = toset(["E1.2B", "N2.2B", "N3.2B", "N3.4B"])

  instance_type     = each.key
  availability_zone = "cn-beijing-6a"
}
