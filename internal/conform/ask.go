package conform

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// What most checks expect.
const (
	ok        = "200"
	badValue  = "400 InvalidParameterValue"
	badName   = "400 InvalidParameter"
	mismatch  = "403 SignatureDoesNotMatch"
	unknownID = "400 InstanceIdInvalid"
	wouldBe   = "would be accepted (412)"
)

// nobody is an id that nothing has.
const nobody = "00000000-0000-4000-8000-00000000c0de"

// asker asks one question and returns the answer.
type asker func(ctx context.Context, s *session) (reply, error)

// about is a list of facts.
func about(facts ...int) []int { return facts }

// answers is a check of the status and code of an answer.
func answers(facts []int, asks, expects string, ask asker) check {
	return check{facts: facts, asks: asks, expects: expects, ask: func(ctx context.Context, s *session) (string, bool, error) {
		r, err := ask(ctx, s)
		return r.String(), r.String() == expects, err
	}}
}

// shows is a check of an answer by its content. The function says what it has seen there, and
// whether that is what was expected.
func shows(facts []int, asks, expects string, ask asker, judge func(r reply) (string, bool)) check {
	return check{facts: facts, asks: asks, expects: expects, ask: func(ctx context.Context, s *session) (string, bool, error) {
		r, err := ask(ctx, s)
		if err != nil {
			return "", false, err
		}
		if r.status != 200 {
			return r.String(), false, nil
		}
		observed, holds := judge(r)
		return observed, holds, nil
	}}
}

// holdsFields is a check that an answer has fields, with names spelt exactly so.
func holdsFields(facts []int, asks string, ask asker, paths ...string) check {
	expects := "fields " + strings.Join(paths, ", ")
	return shows(facts, asks, expects, ask, func(r reply) (string, bool) {
		if missing := r.missing(paths); len(missing) > 0 {
			return "without " + strings.Join(missing, ", ") + "; the answer has " + r.keys(), false
		}
		return expects, true
	})
}

// calls is an asker of a call of the client.
func calls(service ksyun.Service, action string, pairs ...string) asker {
	return func(ctx context.Context, s *session) (reply, error) {
		return s.call(ctx, service, action, form(pairs...))
	}
}

// callsKEC is calls of the service kec.
func callsKEC(action string, pairs ...string) asker { return calls(ksyun.KEC, action, pairs...) }

// sends is an asker of a probe.
func sends(p probe) asker {
	return func(ctx context.Context, s *session) (reply, error) { return s.probe(ctx, p) }
}

// here is an asker that needs what the account has.
func here(ask func(ctx context.Context, s *session, w *world) (reply, error)) asker {
	return func(ctx context.Context, s *session) (reply, error) {
		w, err := s.look(ctx)
		if err != nil {
			return reply{}, err
		}
		return ask(ctx, s, w)
	}
}

// lacks says which fields are missing.
func lacks(missing []string) string {
	if len(missing) == 0 {
		return "all of them"
	}
	return "without " + strings.Join(missing, ", ")
}

// countOf says how long a list of an answer is.
func countOf(path, want string) func(reply) (string, bool) {
	return func(r reply) (string, bool) {
		raw, there := r.at(path)
		list, isList := ksyun.Array(raw)
		if !there || !isList && string(raw) != "[]" {
			return "no list " + path, false
		}
		observed := fmt.Sprintf("%d in %s", len(list), path)
		return observed, observed == want
	}
}

// only tells whether every element of a list has a value under a key.
func only(path, key, value string) func(reply) (string, bool) {
	return func(r reply) (string, bool) {
		list := r.list(path)
		for _, raw := range list {
			if got, _ := within(raw, key); ksyun.TextOf(got) != value {
				return fmt.Sprintf("%s %s among them", key, ksyun.TextOf(got)), false
			}
		}
		return fmt.Sprintf("%d, each with %s %s", len(list), key, value), len(list) > 0
	}
}

// kind is the JSON kind of a value.
func kind(raw json.RawMessage) string {
	switch text := strings.TrimSpace(string(raw)); {
	case text == "":
		return "nothing"
	case text[0] == '"':
		return "text"
	case text[0] == '{':
		return "object"
	case text[0] == '[':
		return "list"
	case text == "true" || text == "false":
		return "boolean"
	case text == "null":
		return "null"
	}
	return "number"
}

// rehearse sends a launch with DryRun=true, after a change of its parameters. It is not asked where
// DryRun does not hold back the launch as it is.
func (s *session) rehearse(ctx context.Context, change func(w *world, p url.Values)) (reply, error) {
	w, err := s.look(ctx)
	if err != nil {
		return reply{}, err
	}
	if !s.asked {
		if err := s.tryDryRun(ctx, w); err != nil {
			return reply{}, err
		}
	}
	if s.rehearses != nil {
		return reply{}, notAsked("no launch can be rehearsed: %s", s.rehearses)
	}
	return s.dryLaunch(ctx, w, change)
}

// tryDryRun finds out whether DryRun=true holds back a call: first one that changes nothing, then
// the launch as it is. A look-up that answers as if nothing had been asked shows that a launch
// would be carried out.
func (s *session) tryDryRun(ctx context.Context, w *world) error {
	look, err := s.describe(ctx, "DryRun", "true", "MaxResults", "5")
	if err != nil {
		return err
	}
	if s.asked = true; look.status != 412 {
		s.rehearses = fmt.Errorf("DescribeInstances with DryRun=true answers %s", look)
		return nil
	}
	r, err := s.dryLaunch(ctx, w, nil)
	if err == nil && r.status != 412 {
		s.rehearses = fmt.Errorf("the launch itself is refused: %s %s", r, r.message)
	}
	return err
}

// dryLaunch sends one launch with DryRun=true. It bears the mark of this run, should it be carried
// out all the same.
func (s *session) dryLaunch(ctx context.Context, w *world, change func(w *world, p url.Values)) (reply, error) {
	p := s.launch(w)
	p.Set("Tag.2.Key", machines.LaunchTagKey)
	p.Set("Tag.2.Value", s.mark)
	p.Set("DryRun", "true")
	if change != nil {
		change(w, p)
	}
	r, err := s.send(ctx, ksyun.Call{
		Service: ksyun.KEC, Action: "RunInstances", Version: versions[ksyun.KEC], Form: p, AtMostOnce: true, Graceful: true,
	})
	switch {
	case err != nil:
		s.launched, s.unclear = true, true
		return r, err
	case r.status == 200:
		return r, s.endRehearsed(ctx, r)
	}
	return r, nil
}

// set changes parameters of a launch; "" as a value takes one away.
func set(pairs ...string) func(*world, url.Values) {
	return func(_ *world, p url.Values) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i+1] == "" {
				p.Del(pairs[i])
			} else {
				p.Set(pairs[i], pairs[i+1])
			}
		}
	}
}

// refused is a check that a launch is refused, whatever the code.
func refused(fact int, asks string, change func(*world, url.Values)) check {
	return check{facts: about(fact), asks: "RunInstances, DryRun: " + asks, expects: "refused",
		ask: func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.rehearse(ctx, change)
			return strings.TrimSpace("answered " + r.String()), r.status >= 400 && r.status < 500 && r.status != 412, err
		}}
}

// accepted is a check that a launch would be accepted.
func accepted(facts []int, asks string, change func(*world, url.Values)) check {
	return check{facts: facts, asks: "RunInstances, DryRun: " + asks, expects: wouldBe,
		ask: func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.rehearse(ctx, change)
			return strings.TrimSpace("answered " + r.String() + " " + r.message), r.status == 412, err
		}}
}

// refusedWith is a check of the code with which a launch is refused.
func refusedWith(facts []int, asks, expects string, change func(*world, url.Values)) check {
	return answers(facts, "RunInstances, DryRun: "+asks, expects, func(ctx context.Context, s *session) (reply, error) {
		return s.rehearse(ctx, change)
	})
}
