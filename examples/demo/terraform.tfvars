# These ids are the local simulator's. For a real account, put in your own from the console.
image_id           = "IMG-0d000000-0000-4000-8000-000000000001"
security_group_ids = ["0c000000-0000-4000-8000-000000000001"]
key_ids            = ["0e000000-0000-4000-8000-000000000001"]

subnet_ids = {
  cn-beijing-6a = "0b000000-0000-4000-8000-000000000001"
  cn-beijing-6b = "0b000000-0000-4000-8000-000000000002"
}

workers = {
  web-1 = { zone = "cn-beijing-6a", instance_type = "N3.2B" }
  web-2 = { zone = "cn-beijing-6b", instance_type = "N3.2B" }
  job-1 = { zone = "cn-beijing-6a", instance_type = "N3.4B" }
}
