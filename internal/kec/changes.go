package kec

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// change makes a call that changes something about an instance. confirm reads the answer. An error matches ErrChangeUnknown when any
// attempt may have been carried out: it got no answer, an error from behind the front door, or an answer that says
// nothing.
func (c *Client) change(ctx context.Context, cl *call, confirm func(*answer) error) error {
	defer c.changing()()
	err := c.ask(ctx, cl, confirm)
	if err != nil && cl.doubt {
		return fmt.Errorf("%w: %w", ErrChangeUnknown, err)
	}
	return err
}

// changing marks the begin of a change, and what it returns its end: a read that begins after either uses nothing older.
func (c *Client) changing() func() {
	c.changes.Add(1)
	return func() { c.changes.Add(1) }
}

// changeOne makes a change of KEC that takes InstanceId.N and answers for each instance.
func (c *Client) changeOne(ctx context.Context, action, id string, params url.Values, once bool) error {
	if id == "" {
		return errEmptyID
	}
	params.Set("InstanceId.1", id)
	cl := &call{service: kecService, action: action, version: kecVersion, form: params, once: once}
	return c.change(ctx, cl, func(ans *answer) error { return ans.confirmed(id) })
}

// confirmed reads the answer of a call about one instance, as verdicts does it. An error names the instance.
func (a *answer) confirmed(id string) error {
	return about(id, a.verdicts([]string{id})[strings.ToLower(id)])
}

// verdicts reads InstancesSet[].{InstanceId,Return,Message}, the answer of a call about several instances (fact 85). Return is a
// boolean or a text that holds one. By id in lower case: nil for an instance that is confirmed, else an *Error with KEC's message, also
// when the answer says nothing about it.
func (a *answer) verdicts(ids []string) map[string]error {
	var set items
	decode(a.fields["instancesset"], &set)
	said := map[string]error{}
	for _, raw := range set {
		var r struct {
			returned
			InstanceID text
		}
		decode(raw, &r)
		if id := strings.ToLower(string(r.InstanceID)); said[id] == nil { // said twice: a refusal stands
			said[id] = a.verdict(r.returned)
		}
	}
	all := map[string]error{}
	for _, id := range ids {
		id = strings.ToLower(id)
		err, ok := said[id]
		if !ok {
			err = a.verdict(returned{silent: "the answer does not mention the instance"})
		}
		all[id] = err
	}
	return all
}

// accepted reads an answer that says at its top level whether the call was carried out, under one lower-case key. The models promise the
// key; an answer of status 200 with a request id and no error is taken for a yes without it.
func (a *answer) accepted(key string) error {
	raw, said := a.fields[key]
	if !said && a.status == http.StatusOK && a.requestID != "" {
		return nil
	}
	r := returned{
		Code: text(textOf(a.fields["code"])), Message: text(textOf(a.fields["message"])), Messgae: text(textOf(a.fields["messgae"])),
	}
	decode(raw, &r.Return)
	return a.verdict(r)
}

// returned is what an answer says about one thing that was asked for.
type returned struct {
	Return                 flag
	Code, Message, Messgae text // StopInstances spells it Messgae
	silent                 string
}

// verdict is nil for a yes and an *Error for a no. One about an answer that says neither leaves the call in doubt.
func (a *answer) verdict(r returned) error {
	switch {
	case r.Return.bool != nil && *r.Return.bool:
		return nil
	case r.Return.bool != nil:
		message := string(r.Message + r.Messgae)
		if message == "" {
			message = "refused without a reason"
		}
		return a.fault(string(r.Code), message)
	}
	if r.silent == "" {
		r.silent = "the answer does not say whether it was done"
	}
	a.call.doubt = true
	return a.malformed("%s", r.silent)
}
