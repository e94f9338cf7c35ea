output "workers" {
  description = "Where each worker runs, until when KEC cannot reclaim it, and what it may cost."
  value = {
    for name, worker in kec_spot_instance.worker : name => {
      id              = worker.id
      zone            = worker.availability_zone
      private_ip      = worker.private_ip_address
      protected_until = worker.protected_until
      price_limit     = worker.spot_price_limit
    }
  }
}

output "order" {
  description = "What became of the order in order_id; null without one."
  value       = one(data.kec_spot_order.asked[*].service_state)
}
