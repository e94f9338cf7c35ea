package kec

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// undecidedError is an answer that says neither that a change was made nor that it was refused.
type undecidedError struct{ answer *ksyun.Error }

// Error is that of the answer.
func (e *undecidedError) Error() string { return e.answer.Error() }

// Unwrap is the answer.
func (e *undecidedError) Unwrap() error { return e.answer }

// returned is what an answer says about one thing that was asked for.
type returned struct {
	Return                 ksyun.Flag
	Code, Message, Messgae ksyun.Text // StopInstances spells it Messgae
}

// verdict is nil for a yes, a *ksyun.Error for a no, and an *undecidedError with why for neither.
func verdict(ans *ksyun.Answer, r returned, why string) error {
	switch {
	case r.Return.Value != nil && *r.Return.Value:
		return nil
	case r.Return.Value != nil:
		message := string(r.Message + r.Messgae)
		if message == "" {
			message = "refused without a reason"
		}
		return ans.Refusal(string(r.Code), message)
	}
	return &undecidedError{ans.Unusable("%s", why)}
}

const saysNothing = "the answer does not say whether it was done"

// accepted reads an answer that says at its top level, under one lower-case key, whether the call
// was carried out. The models promise the key. Without it, an answer of status 200 with a request
// id and no error counts as a yes.
func accepted(ans *ksyun.Answer, key string) error {
	raw, said := ans.Fields[key]
	if !said && ans.Status == http.StatusOK && ans.RequestID != "" {
		return nil
	}
	text := func(key string) ksyun.Text { return ksyun.Text(ksyun.TextOf(ans.Fields[key])) }
	r := returned{Code: text("code"), Message: text("message"), Messgae: text("messgae")}
	ksyun.Decode(raw, &r.Return)
	return verdict(ans, r, saysNothing)
}

// verdicts reads InstancesSet[].{InstanceId,Return,Message}, the answer of a call about several
// instances (fact 85: one element for each id). Return is a boolean or a text that holds one. By id
// in lower case, it is nil for an instance that is confirmed, else an error with KEC's message;
// also for an instance that the answer does not mention.
func verdicts(ans *ksyun.Answer, ids []string) map[string]error {
	var set ksyun.Items
	ksyun.Decode(ans.Fields["instancesset"], &set)
	said := map[string]error{}
	for _, raw := range set {
		var r struct {
			returned
			InstanceID ksyun.Text
		}
		ksyun.Decode(raw, &r)
		if id := strings.ToLower(string(r.InstanceID)); said[id] == nil { // said twice: a refusal stands
			said[id] = verdict(ans, r.returned, saysNothing)
		}
	}
	all := map[string]error{}
	for _, id := range ids {
		id = strings.ToLower(id)
		err, ok := said[id]
		if !ok {
			err = verdict(ans, returned{}, "the answer does not mention the instance")
		}
		all[id] = err
	}
	return all
}

// confirmed reads the answer of a call about one instance, as verdicts does it. An error names the
// instance.
func confirmed(ans *ksyun.Answer, id string) error {
	if err := verdicts(ans, []string{id})[strings.ToLower(id)]; err != nil {
		return fmt.Errorf("instance %s: %w", id, err)
	}
	return nil
}
