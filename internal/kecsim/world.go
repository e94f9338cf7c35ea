package kecsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// world is all that the simulator keeps. The server's mutex guards it.
type world struct {
	clock    *Clock
	now      time.Time // the time up to which events have happened
	settings Settings

	regions  []region
	types    []*instanceType
	markets  map[marketKey]*market
	soldOut  map[diskKey]bool // data disk types that cannot be had
	vpcs     []*vpc
	subnets  []*subnet
	groups   []*securityGroup
	images   []*image
	models   []*model
	keyPairs []string
	projects []int64
	tagIDs   map[tag]int // of all tags that the account has had

	quota   int
	balance protocol.Money

	instances []*instance          // those that are not gone, in order of creation
	byID      map[string]*instance // the same instances
	leaving   []*instance          // gone, but still holding what FreeAfter lets go later
	leftEIPs  []EIP                // of instances that are gone
	orders    []*Order
	orderByID map[string]*Order
	orderOf   map[string]string // by instance id
	billing   []*record
	launches  []*launched
	refusals  map[refusalKey]string // the message
	failures  []scriptedFailure

	events        []event        // by time
	waits         bool           // for an event that calls the server
	counts        map[string]int // of identifiers handed out, per kind
	walkScheduled bool           // the hourly walk has been scheduled

	lags  map[string]lagging // by the kind of look-up
	views []view             // by time, while look-ups lag

	random       *rand.Rand
	randomFaults randomFaults
}

// Settings are the parts of the world that a test may change. The defaults are assumed (facts
// 190-192, 220, 231, 234-239).
type Settings struct {
	Boot          time.Duration // from the order to active, 20 s
	VisibleAfter  time.Duration // until DescribeInstances shows it, 3 s
	TerminateTime time.Duration // how long it is deleting, 5 s
	FreeAfter     time.Duration // how long address, quota and stock stay taken once it is gone, 0
	Stop          time.Duration // from active to stopped, 5 s
	Start         time.Duration // from stopped to active, 5 s
	Reboot        time.Duration // from active to active, 8 s
	Modify        time.Duration // how long it is updating a password or a host name, 5 s

	// KeepEIP has the EIP of an instance stay when the instance goes. EIPs lists it.
	KeepEIP bool
	// TakeOwnTags has ReplaceResourcesTags take KEC's own tags, which start with ksc, like any other:
	// those that are left out are lost (fact 239: else they are refused, and stay by themselves).
	TakeOwnTags bool
	// AsyncChecks has stock, price, quota, balance, subnet and image checked after RunInstances
	// has accepted the launch.
	AsyncChecks bool
	// FailureMode is how a launch fails after it was accepted, unless FailLaunches says
	// otherwise: ModeError, ModeVanish or ModeInvisible.
	FailureMode string
	// ErrorState is the state in which a launch that fails by ModeError ends, "error" if it is "".
	// ErrorLasts is how long it stays so until KEC deletes it, 0 for ever.
	ErrorState string
	ErrorLasts time.Duration
	// CauseFields adds the reasons of failures to answers (fact 202: no model has them).
	CauseFields bool
	// UpperKeys writes the keys of trade with an upper-case first letter (fact 110: as one SDK).
	UpperKeys bool
	// WrapOrders puts the answer of QueryOrderInfo into "data", beside a RequestId (fact 231: no
	// model has it so).
	WrapOrders bool
	// XML has answers come as XML where the Accept header does not ask for JSON (fact 309: the
	// documents say so, and clients in use ask for JSON).
	XML bool
	// ReturnAsBoolean has ModifyInstanceAutoDeleteTime answer Return as a boolean, as other actions
	// do, and not as the text of the documented sample (facts 154, 206).
	ReturnAsBoolean bool
	// LookUpsPerProject has a look-up by id without ProjectId see the default project only (facts
	// 76 and 274: the documents say so, and official code relies on the contrary).
	LookUpsPerProject bool
	// Odd names other ways of writing the answer of DescribeInstances (fact 236: fields left out,
	// other spellings). OddAnswers lists them.
	Odd []string
	// OddInTurn writes each instance in one of these ways only, in the order of their launches.
	OddInTurn bool
	// OddOrders names other ways of writing orders (fact 280: parts, ids, Chinese). OddOrders lists
	// them.
	OddOrders []string
	// MovePrices moves spot prices every hour; Seed chooses how.
	MovePrices bool
	Seed       int64
	// MoveStock moves the stock of every type in every zone each hour, between none and MaxStock;
	// Seed chooses how.
	MoveStock bool
	MaxStock  int // 50

	// EIPOwnNames has RunInstances take the charge types of an EIP by the names that EIP's own API
	// has for them too (fact 219: not known).
	EIPOwnNames bool

	// OtherCodes has refusals whose codes are invented (facts 160-162) come with another one, so
	// that only the words tell what is wrong.
	OtherCodes bool
	// RecyclingTimes is how SpotRecyclingTime is written (fact 196: not known): as the time in UTC+8
	// if it is "", else RecyclingUTC, RecyclingRFC3339 or RecyclingFalseZ.
	RecyclingTimes string
	// ProtectedFromBoot has the protected hour start when an instance runs, and not with its order
	// (fact 195: not known).
	ProtectedFromBoot bool
	// NoOrders has launches make neither orders nor billing records (fact 199: not known).
	NoOrders bool
	// BillingRegions is how billing records tell the region (fact 317: assumed): by its name if it is
	// "", else BillingRegionNone or BillingRegionNumber.
	BillingRegions string
	// NoMarker leaves Marker out of the answer of DescribeInstances (fact 197: assumed).
	NoMarker bool
	// KeysTwice takes a key that is attached already, and the detaching of one that is not (fact 227:
	// else they are refused).
	KeysTwice bool
	// KeysWhileRunning has keys change on a running instance too (fact 221: else on a stopped one).
	KeysWhileRunning bool
	// StopForRoles has the role and the data guard group change on a stopped instance only (fact 248:
	// else in any state).
	StopForRoles bool
	// InventoryOfOthers has the inventory count what can be bought otherwise, of which there is
	// always enough (fact 242: else the stock that spot launches take from).
	InventoryOfOthers bool
	// RefuseUnknown refuses a look-up of a subnet, security group or image that is not there (facts
	// 204, 205: else it is left out).
	RefuseUnknown bool
	// RefuseStrangers refuses a look-up of instances of another account or region (fact 235: else they
	// are left out).
	RefuseStrangers bool
	// TagIDsAsText writes the ids of tags as text (fact 304: as numbers).
	TagIDsAsText bool

	MaxDataDisks    int // 8
	MaxDataDiskSize int // GB, 16000
}

// The ways in which a launch fails after it was accepted (fact 191: all three are assumed).
const (
	ModeError     = "error"     // ends in state error and stays
	ModeVanish    = "vanish"    // is visible, then gone
	ModeInvisible = "invisible" // is never visible
)

// The ways of writing SpotRecyclingTime but for the assumed one (fact 196).
const (
	RecyclingUTC     = "UTC"            // as plain text
	RecyclingRFC3339 = "RFC 3339"       // in UTC
	RecyclingFalseZ  = "UTC+8 with a Z" // as the times of spot prices (fact 90)
)

// The ways in which a billing record tells its region but for the assumed one (fact 317).
const (
	BillingRegionNone   = "absent"
	BillingRegionNumber = "number" // a code of the billing service
)

// recyclingText writes the time of a release.
func (w *world) recyclingText(t time.Time) string {
	switch how := w.settings.RecyclingTimes; {
	case t.IsZero():
		return ""
	case how == RecyclingUTC:
		return t.UTC().Format(plainTime)
	case how == RecyclingRFC3339:
		return t.UTC().Format(time.RFC3339)
	case how == RecyclingFalseZ:
		return t.In(chinaTime).Format(spotTimeLayout)
	default:
		return chinaText(t, plainTime)
	}
}

// failureMode reads a mode. An unknown one counts as ModeError.
func failureMode(mode string) string {
	if mode != ModeVanish && mode != ModeInvisible {
		return ModeError
	}
	return mode
}

func defaultSettings() Settings {
	return Settings{
		Boot: 20 * time.Second, VisibleAfter: 3 * time.Second, TerminateTime: 5 * time.Second,
		Stop: 5 * time.Second, Start: 5 * time.Second, Reboot: 8 * time.Second, Modify: 5 * time.Second,
		FailureMode: ModeError, MaxDataDisks: 8, MaxDataDiskSize: 16000, Seed: 1, MaxStock: 50,
	}
}

// The kinds of identifiers. Identifiers count up per kind, so that they are the same on every
// run. The first group of a UUID is the kind.
const (
	kindRequest   = "0000000a"
	kindInstance  = "1a5ce000"
	kindInterface = "21c00000"
	kindDisk      = "d15c0000"
	kindEIP       = "e1900000"
	kindModel     = "30de1000"
	kindTag       = "tag"
	kindOrder     = "order"
	kindName      = "name"
)

func (w *world) next(kind string) int {
	w.counts[kind]++
	return w.counts[kind]
}

func (w *world) uuid(kind string) string {
	return fmt.Sprintf("%s-0000-4000-8000-%012x", kind, w.next(kind))
}

// event is a change of the world at a time.
type event struct {
	at time.Time
	do func()
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

// at schedules an event. Events of the same time happen in the order in which they were scheduled.
func (w *world) at(t time.Time, do func()) {
	i := sort.Search(len(w.events), func(i int) bool { return w.events[i].at.After(t) })
	w.events = slices.Insert(w.events, i, event{t, do})
}

// runDue runs all events that are due, in the order of time. While an event runs, now is its time,
// so that the events it schedules follow from there.
func (w *world) runDue() {
	if w.waits {
		return
	}
	until := w.clock.Now()
	for len(w.events) > 0 && !w.events[0].at.After(until) {
		e := w.events[0]
		w.events = slices.Delete(w.events, 0, 1)
		if e.at.After(w.now) {
			w.remember(e.at)
			w.now = e.at
		}
		e.do()
	}
	w.remember(until)
	if until.After(w.now) {
		w.now = until
	}
}
