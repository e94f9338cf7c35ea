package chaos

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// record is all that can be seen of a history from outside: what KEC was asked, what the user was
// told, and what the state kept. Two versions of the provider with equal records behave alike.
type record struct {
	Requests []string // in the order of virtual time, then of their text
	Said     []string // every message with its severity and place, by step
	Kept     []string // the state after each step, by address
}

// digest is the record in one line: a hash of the requests, of the messages and of the states. Each
// has its own, so that a change of a text can be told from a change of what is done.
func (r *record) digest() string {
	return fmt.Sprintf("%s %s %s", hashed(r.Requests), hashed(r.Said), hashed(r.Kept))
}

// String is the whole record, for a comparison line by line.
func (r *record) String() string {
	return strings.Join(slices.Concat([]string{"# requests"}, r.Requests, []string{"# said"}, r.Said, []string{"# kept"}, r.Kept), "\n") + "\n"
}

// hashed is the first 48 bits of the hash of some lines.
func hashed(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:6])
}

// note adds what one step has said and kept.
func (r *record) note(step int, c *core) {
	for _, message := range c.heard {
		r.Said = append(r.Said, fmt.Sprintf("%d: %s", step, message))
	}
	for _, address := range c.addresses() {
		e := c.entry(address)
		r.Kept = append(r.Kept, fmt.Sprintf("%d: %s tainted=%t %s private=%s identity=%s",
			step, address, e.tainted, e.value, e.private, c.identityOf(e)))
	}
}

// asked notes the requests of a whole history that began at start.
func (r *record) asked(calls []kecsim.Call, start time.Time) {
	type request struct {
		at   time.Time
		text string
	}
	all := make([]request, 0, len(calls))
	for _, call := range calls {
		all = append(all, request{call.At, fmt.Sprintf("%s %s %s %s %d %s",
			call.At.Sub(start), call.Service, call.Action, call.Params.Encode(), call.Status, call.Code)})
	}
	slices.SortStableFunc(all, func(a, b request) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.text, b.text))
	})
	for _, one := range all {
		r.Requests = append(r.Requests, one.text)
	}
}
