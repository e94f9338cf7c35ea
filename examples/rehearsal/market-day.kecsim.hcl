# A day of a market that moves by itself every hour, prices and stock alike, the same way for the
# same seed. In the morning everybody buys N3.2B; at noon the account is short of money; in the
# evening one zone is emptied. Run a pipeline with an apply each hour, with -time-scale 60.

settings {
  move_prices = true
  move_stock  = true
  max_stock   = 20
  seed        = 26
}

balance {
  yuan = 100
}

at "+3h" {
  machines {
    count = 15
    name  = "somebody-else"
  }
}

at "+6h" {
  balance {
    yuan = 0.5
  }
}

at "+7h" {
  balance {
    yuan = 100
  }
}

at "+12h" {
  reclaim {
    zone = "cn-beijing-6b"
  }
}
