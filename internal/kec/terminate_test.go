package kec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// terminated is what TerminateInstances says of all instances.
func terminated(c *Client, ids ...string) error {
	verdicts, err := c.TerminateInstances(context.Background(), ids...)
	errs := []error{err}
	for _, id := range ids {
		if err := verdicts[strings.ToLower(id)]; err != nil {
			errs = append(errs, fmt.Errorf("instance %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

func TestTerminateInstances_checksEveryReturn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"true":         {`{"InstancesSet":[{"InstanceId":"i-1","Return":true},{"InstanceId":"I-2","Return":"true"}]}`, "<nil>"},
		"false":        {`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":true},{"InstanceId":"i-2","Return":false,"Code":"C","Message":"busy"}]}`, "instance i-2: TerminateInstances: C: busy (request id r, HTTP 200)"},
		"false text":   {`{"InstancesSet":[{"InstanceId":"i-1","Return":"false","Messgae":"a"},{"InstanceId":"i-2","return":0}]}`, "instance i-1: TerminateInstances: a (HTTP 200)\ninstance i-2: TerminateInstances: refused without a reason (HTTP 200)"},
		"no Return":    {`{"InstancesSet":[{"InstanceId":"i-1"},{"InstanceId":"i-2","Return":true}]}`, "instance i-1: TerminateInstances: the answer does not say whether it was done (HTTP 200)"},
		"id missing":   {`{"InstancesSet":[{"InstanceId":"i-1","Return":true}]}`, "instance i-2: TerminateInstances: the answer does not mention the instance (HTTP 200)"},
		"empty object": {`{}`, "instance i-1: TerminateInstances: the answer does not mention the instance (HTTP 200)\ninstance i-2: TerminateInstances: the answer does not mention the instance (HTTP 200)"},
		"both ways":    {`{"InstancesSet":[{"InstanceId":"i-1","Return":false,"Message":"no"},{"InstanceId":"i-1","Return":true},{"InstanceId":"i-2","Return":true}]}`, "instance i-1: TerminateInstances: no (HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.body))
			c, _ := client(t, s)
			err := terminated(c, "i-1", "i-2")
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "body", s.Got[0].Body, "ForceDelete=true&InstanceId.1=i-1&InstanceId.2=i-2")
			if _, is := errors.AsType[*ksyun.Error](err); err != nil && !is {
				t.Errorf("no *Error in %v", err)
			}
		})
	}
	s := of(ok(`{}`))
	c, _ := client(t, s)
	if err := terminated(c); err != nil || len(s.Got) != 0 {
		t.Errorf("nothing to do: got %v after %d requests", err, len(s.Got))
	}
	if err := terminated(c, ""); err == nil || len(s.Got) != 0 {
		t.Errorf("empty id: got %v after %d requests", err, len(s.Got))
	}
}
