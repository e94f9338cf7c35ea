// Package scenario reads files that set up a simulated KEC and script a course of events on its
// clock:
//
//	price {
//	  zone = "cn-beijing-6a"
//	  type = "N3.2B"
//	  spot = 0.05
//	}
//
//	at "+90m" {
//	  stock {
//	    zone  = "cn-beijing-6a"
//	    type  = "N3.2B"
//	    count = 0
//	  }
//	}
//
// The blocks are the routes of the control path, and their attributes its fields, in lower case
// with underscores. What stands outside of "at" holds from the begin. The syntax is HCL, read with
// the parser that Terraform uses. See examples/rehearsal.
package scenario
