// Package kecsim is a local Kingsoft Cloud: the kec, trade, vpc, tagv2 and iam
// services as one http.Handler over an in-memory world, for tests and, on a
// port, for the demo. It verifies signatures, refuses what the service refuses,
// keeps a market, stock, quota, balance, orders and instance states, and stands
// still until its clock is advanced.
//
// It shares no code with the API client: a mistake both sides inherit would
// cancel out and pass. Every behaviour says how it is known, with the numbers of
// docs/notes/api-facts.md:
//
//	documented: a documentation page or an official SDK says so (marks D and S)
//	observed:   a client that runs against the real service relies on it (T)
//	assumed:    ours; nothing says so (I)
package kecsim
