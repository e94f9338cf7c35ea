terraform {
  required_version = ">= 1.11"

  required_providers {
    kec = {
      source = "kingsoftcloud/kec"
    }
  }
}

# The keys come from KSYUN_ACCESS_KEY and KSYUN_SECRET_KEY, which keeps them out of files.
provider "kec" {
  region = "cn-beijing-6"
}
