# A type is sold out in one zone, comes back with a few machines after half an hour, and in full
# after an hour. Plan three N3.2B in cn-beijing-6a: the plan fails with what is short and where
# else there is some. A fleet with a second candidate moves there; one with wait_for_stock waits.

stock {
  zone  = "cn-beijing-6a"
  type  = "N3.2B"
  count = 0
}

at "+30m" {
  stock {
    zone  = "cn-beijing-6a"
    type  = "N3.2B"
    count = 2
  }
}

at "+60m" {
  stock {
    zone  = "cn-beijing-6a"
    type  = "N3.2B"
    count = 50
  }
}
