# The spot price of N3.2B in cn-beijing-6a passes 0.06 CNY per hour after two hours and falls
# again after six. Run machines with spot_price_limit = 0.06: those whose first hour is over get
# their notice and are released ten minutes later, and a plan in between says why none can be had.

price {
  zone = "cn-beijing-6a"
  type = "N3.2B"
  spot = 0.0393
}

at "+2h" {
  price {
    zone = "cn-beijing-6a"
    type = "N3.2B"
    spot = 0.095
  }
}

at "+6h" {
  price {
    zone = "cn-beijing-6a"
    type = "N3.2B"
    spot = 0.041
  }
}
