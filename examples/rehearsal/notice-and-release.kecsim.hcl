# Two of the machines whose names begin with web- get their notice after five minutes, and are
# released ten minutes later. Plan in between: the plan names them and the time that is left. Plan
# after it: it explains what is gone, and orders the successors.

at "+5m" {
  reclaim {
    name  = "web-*"
    count = 2
  }
}
