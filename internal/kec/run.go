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

// Launched is an instance that the answer of RunInstances names. The machine does not exist yet,
// and DescribeInstances may not show it for a while (facts 69 and 70: the call is asynchronous).
type Launched struct{ ID, Name string }

// Run is what came of one call of RunInstances.
type Run struct {
	Instances []Launched // that the answer names, each once, even when the answer is no good one
	RequestID string     // of the answer, "" without one
	Err       error      // nil when KEC has accepted the launch and named at least one instance

	// MaybeAccepted says, with Err, that KEC may have accepted the launch: after a lost or
	// unreadable answer, an answer without an id, or an error from behind the front door. Without
	// it, Err means that nothing was ordered.
	MaybeAccepted bool
}

// IDs are the ids of the instances that the answer names.
func (r Run) IDs() []string {
	var ids []string
	for _, l := range r.Instances {
		ids = append(ids, l.ID)
	}
	return ids
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
			r.Instances = launched(ans) // also in a refusal: one that holds an id is no refusal
			return out.Err
		})
	}
	r.Err = out.Err
	switch refusal, _ := errors.AsType[*ksyun.Error](r.Err); {
	case r.Err == nil && len(r.Instances) == 0:
		r.Err, r.MaybeAccepted = out.Answer.Unusable("the answer holds no instance id"), true
	case r.Err != nil:
		r.MaybeAccepted = len(r.Instances) > 0 || out.MaybeDone || refusal != nil && refusal.Uncertain()
	}
	if r.Err != nil && len(r.Instances) > 0 {
		r.Err = fmt.Errorf("%w, yet the answer holds the id %s", r.Err, strings.Join(r.IDs(), ", "))
	}
	return r
}

// cutID finds the ids in an answer that is not JSON to its end.
var cutID = regexp.MustCompile(`(?i)"InstanceId"\s*:\s*"([0-9a-z-]{1,64})"`)

// launched are the instances in an answer of RunInstances, each once.
func launched(ans *ksyun.Answer) []Launched {
	var found []Launched
	add := func(l Launched) {
		same := func(o Launched) bool { return strings.EqualFold(o.ID, l.ID) }
		if l.ID != "" && !slices.ContainsFunc(found, same) {
			found = append(found, l)
		}
	}
	if ans.Fields == nil {
		for _, m := range cutID.FindAllSubmatch(ans.Body, -1) {
			add(Launched{ID: string(m[1])})
		}
		return found
	}
	var set ksyun.Items
	ksyun.Decode(ans.Fields["instancesset"], &set)
	for _, raw := range set {
		var in struct{ InstanceID, InstanceName ksyun.Text }
		ksyun.Decode(raw, &in)
		add(Launched{ID: string(in.InstanceID), Name: string(in.InstanceName)})
	}
	return found
}
