# Run with: kecsim -listen 127.0.0.1:7480 in one terminal, and in another, with KEC_ENDPOINT and the keys in the environment,
# `tofu test` or `terraform test`. The runs go from top to bottom and share one world.

run "sell_out_everywhere" {
  module {
    source = "./tests/steer"
  }
  variables {
    steps = [for zone in ["cn-beijing-6a", "cn-beijing-6b", "cn-beijing-6c"] : {
      route = "stock", body = jsonencode({ zone = zone, type = "N3.2B", count = 0 })
    }]
  }
}

# The plan fails with the module's own words, before anything is ordered.
run "a_plan_says_that_nothing_is_left" {
  command         = plan
  expect_failures = [kec_spot_fleet.workers]
}

run "stock_returns_two_and_five" {
  module {
    source = "./tests/steer"
  }
  variables {
    steps = [
      { route = "stock", body = jsonencode({ zone = "cn-beijing-6a", type = "N3.2B", count = 2 }) },
      { route = "stock", body = jsonencode({ zone = "cn-beijing-6b", type = "N3.2B", count = 5 }) },
    ]
  }
}

run "the_fleet_moves_to_the_other_zone" {
  assert {
    condition     = jsonencode(output.zones) == jsonencode({ "cn-beijing-6a" = 2, "cn-beijing-6b" = 1 })
    error_message = "The workers are in ${jsonencode(output.zones)}."
  }
}

run "kec_takes_two_back" {
  module {
    source = "./tests/steer"
  }
  variables {
    steps = [
      { route = "advance", body = jsonencode({ duration = "2h" }) },
      { route = "release", body = jsonencode({ name = "worker-*", zone = "cn-beijing-6a", count = 2 }) },
      { route = "stock", body = jsonencode({ zone = "cn-beijing-6a", type = "N3.2B", count = 0 }) },
      { route = "advance", body = jsonencode({ duration = "5m" }) },
    ]
  }
}

# What a pipeline does every ten minutes: the next run orders what is missing, where there is some.
run "the_next_run_repairs_it" {
  assert {
    condition     = jsonencode(output.zones) == jsonencode({ "cn-beijing-6b" = 3 })
    error_message = "The workers are in ${jsonencode(output.zones)}."
  }
}
