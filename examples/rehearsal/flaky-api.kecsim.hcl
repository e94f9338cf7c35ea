# KEC misbehaves for an hour: one look in five is throttled, one launch gets no answer although it
# was carried out, one launch is accepted and comes to nothing, and views of new machines lag.
# Apply and destroy as usual: nothing is bought twice, and nothing is lost.

fault {
  action = "DescribeInstances"
  name   = "Throttled"
  share  = 0.2
  seed   = 7
}

fault {
  action = "RunInstances"
  name   = "AnswerLost"
  times  = 1
}

fail_launches {
  count  = 1
  mode   = "error"
  reason = "out of stock"
}

lag {
  look  = "DescribeInstances by id"
  share = 0.5
  age   = "5s"
}

at "+1h" {
  fault {
    clear = true
  }
  lag {
    look  = "DescribeInstances by id"
    share = 0
  }
}
