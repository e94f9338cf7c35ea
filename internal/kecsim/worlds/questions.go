// Package worlds has the open questions about KEC, each of which is a setting of the simulator, and
// worlds that between them answer every two questions in every way. Whatever the provider promises
// is to hold in each of them, or a fact decides. Only tests import it.
package worlds

import (
	"reflect"
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Question is a setting of the simulator about which nobody knows how KEC is, with what it may be.
type Question struct {
	Setting string
	Facts   string // their numbers
	Asks    string // what is not known, in a few words
	Answers []any  // the first one is assumed
}

// Questions are all of them.
func Questions() []Question { return slices.Clone(questions) }

var questions = []Question{
	{"AsyncChecks", "192", "whether stock, quota, addresses and price are checked only once a launch is accepted", either},
	{
		"FailureMode", "191", "what a launch that fails after it was accepted looks like",
		[]any{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible},
	},
	{"ErrorState", "281, 283", "in which state a failed launch ends; empty is error", []any{"", "build_error", "recycling", "deleted"}},
	{"ErrorLasts", "281", "how long it stays there until KEC deletes it; 0 is for ever", []any{time.Duration(0), 20 * time.Second}},
	{"KeepEIP", "208, 238", "whether an EIP stays when its machine goes", either},
	{"TakeOwnTags", "239", "whether KEC's own tags can be replaced, and lost", either},
	{"CauseFields", "202", "whether answers carry the reason of a failure", either},
	{"UpperKeys", "110", "whether keys of orders begin in upper case", either},
	{"WrapOrders", "231", "whether an order is wrapped in data", either},
	{
		"OddOrders", "280, 282", "whether an order has parts, ids from the first on, and Chinese keys",
		[]any{[]string(nil), []string{kecsim.OrderParts}, []string{kecsim.OrderIDs, kecsim.OrderChinese}},
	},
	{"ReturnAsBoolean", "154, 206", "whether Return of ModifyInstanceAutoDeleteTime is a boolean", either},
	{"LookUpsPerProject", "76, 274", "whether a look-up by id sees the default project only", either},
	{"EIPOwnNames", "67, 219", "whether RunInstances takes the charge types of EIP's own API too", either},
	{"XML", "309, 314", "whether answers are XML where Accept does not ask for JSON", either},
	{
		"VisibleAfter", "70, 190, 210", "how long a new machine stays out of look-ups",
		[]any{3 * time.Second, 20 * time.Second, 40 * time.Second},
	},
	{"OtherCodes", "160, 161, 162", "whether the codes that nobody has seen are other ones, so that only words tell", either},
	{
		"RecyclingTimes", "196", "how SpotRecyclingTime is written; empty is in UTC+8",
		[]any{"", kecsim.RecyclingUTC, kecsim.RecyclingRFC3339, kecsim.RecyclingFalseZ},
	},
	{"ProtectedFromBoot", "195", "whether the protected hour starts when the machine runs", either},
	{"NoOrders", "199", "whether a launch makes no order and no billing record", either},
	{
		"BillingRegions", "317", "how a billing record tells the region; empty is by its name",
		[]any{"", kecsim.BillingRegionNone, kecsim.BillingRegionNumber},
	},
	{"NoMarker", "197", "whether Marker is left out of answers", either},
	{"KeysTwice", "227", "whether a key that is attached can be attached", either},
	{"KeysWhileRunning", "221", "whether keys change on a running machine", either},
	{"StopForRoles", "248", "whether the role and the data guard group change on a stopped machine only", either},
	{"InventoryOfOthers", "242", "whether the inventory counts other stock than that of Spot Instances", either},
	{"RefuseUnknown", "204, 205, 243", "whether a look-up of a subnet, group or image that is not there is refused", either},
	{"RefuseStrangers", "235", "whether a look-up of another account's or region's machine is refused", either},
	{"TagIDsAsText", "304, 312", "whether ids of tags are text", either},
	{"FreeAfter", "237", "how long what a deleted machine held stays taken", []any{time.Duration(0), time.Minute}},
}

// either are the answers to a question of yes or no, of which no is assumed.
var either = []any{false, true}

// set gives the setting of a question one of its answers.
func (q Question) set(s *kecsim.Settings, answer int) {
	reflect.ValueOf(s).Elem().FieldByName(q.Setting).Set(reflect.ValueOf(q.Answers[answer]))
}

// Assume gives the setting of a question the answer that is assumed.
func (q Question) Assume(s *kecsim.Settings) { q.set(s, 0) }
