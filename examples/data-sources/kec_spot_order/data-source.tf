# With "ignore" a failed order stops neither plan nor destroy; the check below reports it as a warning.
data "kec_spot_order" "workers" {
  order_id   = "20260302170512000000001" # from the console, Billing > Order Management
  on_failure = "ignore"
}

check "workers_order" {
  assert {
    condition = !data.kec_spot_order.workers.failed
    error_message = join("\n", [
      for f in data.kec_spot_order.workers.failures : "${f.summary} (${join(", ", compact([f.code, f.source]))}). ${f.remedy}"
    ])
  }
}

# Inside a check block even an error of the data source is a warning. The id is that of a failed launch, from its message.
check "worker_launch" {
  data "kec_spot_order" "worker" {
    instance_id = "5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11"
  }

  assert {
    condition     = data.kec_spot_order.worker.service_state == "Succeeded"
    error_message = "The launch is ${data.kec_spot_order.worker.service_state}."
  }
}
