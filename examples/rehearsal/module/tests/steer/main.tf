# Steers the simulator: each run posts the steps, one after the other, to its control path (GET /_kecsim/ lists the routes).
variable "steps" {
  description = "Routes, each with the body to post to it."
  type        = list(object({ route = string, body = string }))
}

resource "terraform_data" "steps" {
  triggers_replace = var.steps

  provisioner "local-exec" {
    command = join(" && ", [
      for step in var.steps : "curl -fsS -o /dev/null -d '${step.body}' \"$KEC_ENDPOINT/_kecsim/${step.route}\""
    ])
  }
}
