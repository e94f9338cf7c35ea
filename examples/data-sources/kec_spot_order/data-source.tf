# With "ignore" a failed order stops neither plan nor destroy; the check below reports it as a warning.
data "kec_spot_order" "workers" {
  order_id   = "20260302170512000000001" # from the console, Billing > Order Management
  on_failure = "ignore"
}

check "workers_order" {
  assert {
    condition = !data.kec_spot_order.workers.failed
    error_message = join("\n", [
      for f in data.kec_spot_order.workers.failures : "${f.summary} (${f.code}, ${f.source}). ${f.remedy}"
    ])
  }
}
