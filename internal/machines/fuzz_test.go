package machines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// An instance is gone, and a launch has its id, only where the answer says so, whatever else it
// says.
func FuzzInstancesAnswer(f *testing.F) {
	for _, a := range kectest.Answers {
		f.Add(200, a)
		f.Add(400, a)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, _ := answering(t, status, nil, body)
		_, listing := c.DescribeInstances(t.Context(), nil, nil)
		_, tags := c.RefreshTags(t.Context(), "i-1")
		kectest.NoBugs(t, listing, tags)
		var answer map[string]any
		decoded := json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(body), "\xef\xbb\xbf")), &answer) == nil
		c.refresh.listAfter = 0 // a read lists
		for name, read := range map[string]func(context.Context, string, *int64) (*kec.Instance, error){"found": c.Find, "read": c.Refresh} {
			in, err := read(t.Context(), "i-1", nil)
			kectest.NoBugs(t, err)
			if (in == nil) == (err == nil) {
				t.Errorf("%s: %q: %v and %v", name, body, in, err)
			}
			if errors.Is(err, ErrGone) {
				empty := false
				for key, value := range answer {
					list, is := value.([]any)
					empty = empty || strings.EqualFold(key, "InstancesSet") && is && len(list) == 0
				}
				if !decoded || !empty || status < 200 || status > 299 {
					t.Errorf("%s: gone, by %d %q", name, status, body)
				}
			}
			if in != nil && (!decoded || !strings.EqualFold(in.ID, "i-1")) {
				t.Errorf("%s: %q shows %q", name, body, in.ID)
			}
		}
	})
}

func FuzzLaunchAnswer(f *testing.F) {
	for _, a := range kectest.Answers {
		f.Add(200, a)
		f.Add(400, a)
		f.Add(503, a)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, _ := answering(t, status, nil, body)
		r := c.run(t.Context(), order())
		kectest.NoBugs(t, r.Err)
		switch success := status >= 200 && status < 300; {
		case r.Err == nil && (len(r.IDs) == 0 || !success):
			t.Errorf("%d %q launched %+v", status, body, r)
		case r.Err != nil && !r.MaybeAccepted && success && len(r.IDs) == 0 && !refusedPlainly(body):
			t.Errorf("%d %q is certain: %v", status, body, r.Err)
		}
		_ = fmt.Sprint(r.Err)
	})
}

// refusedPlainly reports a JSON object with an Error in it.
func refusedPlainly(body string) bool {
	fields, why := ksyun.Object([]byte(body))
	return why == "" && fields["error"] != nil
}
