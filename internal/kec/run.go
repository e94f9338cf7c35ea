package kec

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Run is what came of one call of RunInstances. The machines do not exist yet, and
// DescribeInstances may not show them for a while (facts 69 and 70: the call is asynchronous).
type Run struct {
	IDs       []string // of the instances that the answer names, even when it is no good answer
	RequestID string   // of the answer, "" without one
	Err       error    // nil when KEC has accepted the launch and named at least one instance

	// MaybeAccepted says, with Err, that KEC may have accepted the launch: after a lost or
	// unreadable answer, an answer without an id, or an error from behind the front door. Without
	// it, Err means that nothing was ordered.
	MaybeAccepted bool
}

// RunInstances orders what params say, as KEC names them, MinCount and MaxCount included. KEC has
// no client token, so that a launch is repeated only when it certainly did nothing; machines.Launch
// finds out what became of one that may have been accepted.
//
// When the context is cancelled while the call is on the wire, the call goes on for at most ten
// seconds, and its answer counts. A deadline ends it at once.
func (c *Client) RunInstances(ctx context.Context, params url.Values) Run {
	defer c.changing()()
	launch := action("RunInstances", params)
	launch.AtMostOnce, launch.Graceful = true, true
	out := c.Send(ctx, launch)
	var r Run
	if ans := out.Answer; ans != nil {
		r.RequestID = ans.RequestID
		out.Read(func(*ksyun.Answer) error {
			r.IDs = launched(ans) // also in a refusal: one that holds an id is no refusal
			return out.Err
		})
	}
	r.Err = out.Err
	switch refusal, _ := errors.AsType[*ksyun.Error](r.Err); {
	case r.Err == nil && len(r.IDs) == 0:
		r.Err, r.MaybeAccepted = out.Answer.Unusable("the answer holds no instance id"), true
	case r.Err != nil:
		r.MaybeAccepted = len(r.IDs) > 0 || out.MaybeDone || refusal != nil && refusal.Uncertain()
	}
	if r.Err != nil && len(r.IDs) > 0 {
		r.Err = fmt.Errorf("%w, yet the answer holds the id %s", r.Err, strings.Join(r.IDs, ", "))
	}
	return r
}

// cutID finds the ids in an answer that is not JSON to its end.
var cutID = regexp.MustCompile(`(?i)"InstanceId"\s*:\s*"([0-9a-z-]{1,64})"`)

// launched are the ids in an answer of RunInstances, each once.
func launched(ans *ksyun.Answer) []string {
	var ids []string
	add := func(id string) {
		same := func(other string) bool { return strings.EqualFold(other, id) }
		if id != "" && !slices.ContainsFunc(ids, same) {
			ids = append(ids, id)
		}
	}
	if ans.Fields == nil {
		for _, m := range cutID.FindAllSubmatch(ans.Body, -1) {
			add(string(m[1]))
		}
		return ids
	}
	var set ksyun.Items
	ksyun.Decode(ans.Fields["instancesset"], &set)
	for _, raw := range set {
		var in struct{ InstanceID ksyun.Text }
		ksyun.Decode(raw, &in)
		add(string(in.InstanceID))
	}
	return ids
}
