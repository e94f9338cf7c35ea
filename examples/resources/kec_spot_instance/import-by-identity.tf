import {
  to = kec_spot_instance.worker
  identity = {
    region = "cn-beijing-6"
    id     = "5b7f0a52-4c3d-4e8f-9a1b-2c3d4e5f6a7b"
  }
}
