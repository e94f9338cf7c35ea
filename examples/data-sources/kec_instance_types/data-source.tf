# Which types with 4 to 8 vCPUs can have ESSD_PL3 data disks in this zone, and how large?
data "kec_instance_types" "fast_disks" {
  min_vcpus         = 4
  max_vcpus         = 8
  availability_zone = "cn-beijing-6a"
  data_disk_type    = "ESSD_PL3"
}

output "largest_disk_gib" {
  value = {
    for t in data.kec_instance_types.fast_disks.instance_types :
    t.name => one([for d in t.data_disks : d.max_size_gib if d.type == "ESSD_PL3"])
  }
}
