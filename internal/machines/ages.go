package machines

import (
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// ages is what a client knows of the age of instances. Views of KEC may lag behind each other: a
// new instance may stay out of DescribeInstances for a while (facts 70 and 210: seconds were seen,
// two minutes are assumed), also after another view has shown it. As long as an instance may be
// new, look-ups that do not show it prove nothing.
//
// An age since a launch of this process is measured on the local clock, and one since a date that
// KEC has given on KEC's: the two may differ, and what is known of the difference changes.
type ages struct {
	api *kec.Client // for its clocks

	mu       sync.Mutex
	launched map[string]time.Time // by id in lower case, on the local clock
	created  map[string]time.Time // by id in lower case, on KEC's clock
}

func newAges(api *kec.Client) *ages {
	return &ages{api: api, launched: map[string]time.Time{}, created: map[string]time.Time{}}
}

// launch notes when an instance was launched, by the local clock. The first time counts.
func (a *ages) launch(id string, at time.Time) { a.note(a.launched, id, at) }

// create notes when an instance was launched or created, by KEC's clock. The first time counts.
func (a *ages) create(id string, at time.Time) { a.note(a.created, id, at) }

func (a *ages) note(times map[string]time.Time, id string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id = strings.ToLower(id); times[id].IsZero() {
		times[id] = at
	}
}

// of is the age of an instance, false where nothing tells it.
func (a *ages) of(id string) (age time.Duration, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id = strings.ToLower(id)
	if at, ours := a.launched[id]; ours {
		return a.api.LocalNow().Sub(at), true
	}
	at, told := a.created[id]
	return a.api.Now().Sub(at), told
}

// young reports an instance that is known to be new, whether it was seen or not.
func (a *ages) young(id string) bool {
	age, known := a.of(id)
	return known && age.Abs() < maxInvisible // a launch in the future is one by another clock
}

// old reports an instance that is known not to be new.
func (a *ages) old(id string) bool {
	age, known := a.of(id)
	return known && age >= maxInvisible
}

// RememberLaunch tells the client when another process has launched an instance, by KEC's clock
// (Launch.At, Instance.CreatedAt). The client knows its own launches, and the dates of creation
// that it has seen.
//
// Find then does not take a machine that a view does not show for one that is gone, and Terminate
// need not wait to be sure that an old one is.
func (c *Client) RememberLaunch(id string, at time.Time) { c.ages.create(id, at) }
