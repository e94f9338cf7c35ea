// Package protocol is how requests reach Kingsoft Cloud and how answers leave it: signatures
// are verified, parameters are read from query, form or JSON, and answers are written. It
// knows no action and nothing of the world behind them.
//
// Every behaviour says how it is known, as in package kecsim.
package protocol
