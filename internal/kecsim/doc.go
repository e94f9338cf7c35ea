// Package kecsim is a local Kingsoft Cloud, for tests and for the demo: the services kec, trade,
// vpc, tagv2 and iam as one http.Handler over a world in memory. It verifies signatures, refuses
// what the service refuses, and keeps a market, stock, quota, balance, orders and the states of
// instances. Its clock stands still until it is advanced.
//
// The path of a request: server.go takes it, requests.go reads and checks it with package
// protocol, actions.go names its handler, and the handler (launch.go, describe.go, power.go and
// so on) changes or shows the world (world.go). Tests change the world through testapi.go,
// byhand.go, faults.go and random.go; package control does the same over HTTP.
//
// It shares no code with the API client, because a mistake that both sides inherit would cancel
// out and pass. Every behaviour says how it is known, with the numbers of
// docs/notes/api-facts.md:
//
//	documented: a documentation page or an official SDK says so (marks D and S)
//	observed:   a client that runs against the real service relies on it (T)
//	assumed:    nothing says so; the simulator's own choice (I)
package kecsim
