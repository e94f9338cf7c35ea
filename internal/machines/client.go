// Package machines does with Spot Instances what takes more than one call of KEC: it launches
// exactly once, finds a machine or proves that it is gone, refreshes, waits, changes tags, and
// terminates.
//
// Callers of a process share requests: what is asked for at about the same time goes out together
// (batch.go), waits look at the same moments (tick.go), and a refresh of many lists the account
// once (refresh.go).
//
// A look-up is one of five steps, each made of those above it:
//
//	page     one request of DescribeInstances                kec.DescribeInstancesPage
//	pages    all pages of one question                       kec.DescribeInstancesPages
//	byIDs    one look-up by id, shared by several callers;   find.go
//	         it shows a machine, and never proves an absence
//	Find     byIDs twice: a machine, or the proof that it    find.go
//	         is gone
//	Refresh  from a list that is a few seconds old, else     refresh.go
//	         Find
//
// Beside them, List goes through the pages of everything that the account has (list.go).
package machines

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Client works on the machines of one account. It is safe for use by many goroutines, which share
// their requests where they want the same.
type Client struct {
	api          *kec.Client
	newLaunchTag func() string
	ages         *ages

	unansweredAt atomic.Uint64 // see unanswered
	codesForAll  sync.Map      // codes of refusals that each of several ids had when asked for alone
	probed       atomic.Uint64 // see eachAlone
	askedTime    sync.Once     // ServiceTime has asked
	tagsSet      sync.Map      // by id

	looks   *batcher[*kec.Instance]
	wide    *batcher[*kec.Instance] // look-ups in all projects
	lists   *batcher[kec.InstancePage]
	ends    *batcher[struct{}] // terminations
	listed  atomic.Int64       // how many machines the last list of lookUp counted
	leavers atomic.Int64       // waits for the end of a machine that are under way
	proof   singleflight.Group // of the first end of many
	refresh *refreshCache
	tick    *pollTick
	boots   *waitTimes // from the launch to active
	goings  *waitTimes // from the accepted deletion to gone
	reach   reach
}

// The settings of this package, which a ksyun.Option carries.
type (
	listAfter  int
	noBatching struct{}
)

// WithListAfter has a refresh think of a list when it is of more than n instances (4 by default).
func WithListAfter(n int) ksyun.Option { return ksyun.WithSetting(listAfter(n)) }

// withoutBatching sends every look-up and every termination at once, instead of waiting for some
// milliseconds for others that can share the request.
func withoutBatching() ksyun.Option { return ksyun.WithSetting(noBatching{}) }

// New returns a client that makes its calls with api, whose options may hold settings of this
// package.
func New(api *kec.Client) *Client {
	after, found := ksyun.Setting[listAfter](api.Client)
	if !found {
		after = 4
	}
	refreshes, looks, ends := window{40 * time.Millisecond, 200 * time.Millisecond},
		window{3 * time.Millisecond, 100 * time.Millisecond}, window{40 * time.Millisecond, 200 * time.Millisecond}
	if _, off := ksyun.Setting[noBatching](api.Client); off {
		refreshes, looks, ends = window{}, window{}, window{}
	}
	c := &Client{api: api, newLaunchTag: api.RandomHex, ages: newAges(api), tick: newPollTick(api), boots: &waitTimes{}, goings: &waitTimes{}}
	c.reach.turn = make(chan struct{}, 1)
	c.looks = &batcher[*kec.Instance]{call: describe, window: looks, maxItems: kec.MaxPage, work: c.lookUp}
	c.wide = &batcher[*kec.Instance]{call: describe, window: looks, maxItems: kec.MaxIDs, work: c.inAllProjects}
	c.lists = &batcher[kec.InstancePage]{call: describe, window: looks, maxItems: kec.MaxIDs, work: c.listProjects}
	c.ends = &batcher[struct{}]{call: terminate, window: ends, maxItems: kec.MaxIDs, work: c.terminateTogether}
	c.refresh = newRefreshCache(c, int(after), refreshes, looks)
	return c
}

// The calls that batches make, for the texts of errors.
var (
	describe  = ksyun.Call{Service: ksyun.KEC, Action: "DescribeInstances"}
	terminate = ksyun.Call{Service: ksyun.KEC, Action: "TerminateInstances"}
	listTags  = ksyun.Call{Service: ksyun.Tag, Action: "ListTagsByResourceIds"}
)

// unanswered reports that the search for a launch failed, and that KEC has answered nothing since.
func (c *Client) unanswered() bool { return c.unansweredAt.Load() == c.api.Answers()+1 }

func (c *Client) noteUnanswered() { c.unansweredAt.Store(c.api.Answers() + 1) }
