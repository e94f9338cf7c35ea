// Package control steers a simulator over HTTP, from outside its process: what tests do through the
// Go API of package kecsim, the demo, the benchmarks and users do with curl at kecsim.ControlPath.
// GET on that path lists the routes. Nothing of it exists at KEC.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

const help = `kecsim: a local Kingsoft Cloud. This path steers its world.

GET  world          time, clock, quota, balance, EIPs, subnets, images, launch templates, security groups, keys, projects, sold-out disks, settings
GET  instances      machines that are not gone; instances/ACCESSKEY are those of the account of another key
GET  orders         orders with their sub-orders
GET  calls          what was asked of the API; secrets are masked
GET  counts         how often each action was called
GET  prices         price and stock per type and zone
GET  faults         the scripted faults that are left
GET  watch          what the page at / shows; watch/TYPE has the spot prices and the bids of an instance type, too
GET  odd            the ways in which an answer of DescribeInstances may be lean or spelt otherwise

POST price          {"zone", "type", "spot", "onDemand"}    decimals in CNY per hour
POST stock          {"zone", "type", "count"}               0 is sold out
POST disk           {"zone", "type", "soldOut"}             whether a data disk type is sold out
POST quota          {"count"}
POST balance        {"yuan"}                                a decimal
POST type           {"name", "family", "vcpus", "memoryGiB", "gpus", "spot", "onDemand", "zones"}   a further instance
                    type, in those zones or in all
POST subnet         {"id", "free"}, or {"id", "name", "zone", "cidr", "free"}   a further subnet
POST image          {"id", "state"}, or {"id", "state", "name", "platform", "type", "sizeGiB"}   a further image
POST model          {"id", "name", "parameters"}            a launch template, or a further version of one; parameters
                    are those of RunInstances but for the counts, such as {"DataDisk.1.Size": "50"}
POST reclaim        {"id"}                                  ten-minute notice, now; or, instead of id, some of "name" (such as
                    "web-*"), "zone", "type" and "count": the oldest spot machines that run and are meant
POST release        as reclaim                              taken back by the system, now
POST edit           {"id"} and any of {"name", "hostName", "tags", "securityGroups", "keys", "project", "state",
                    "autoDeleteTime", "protected"}: as somebody changes a machine in the console; the lists and tags are
                    the new ones as a whole, the state is active or stopped, "" is no automatic deletion
POST advance        {"duration"}                            such as "1h30m"
POST clock          {"offset"}                              how far KEC's clock is off, such as "-20m"
POST fault          {"action", "times", "name"} or, instead of name, "status", "code", "message", "body",
                    "contentType", "retryAfter", "after", "dropBefore", "dropAfter", "reset", "cut", "slow", "late",
                    "echo";
                    names: Throttled, Throttling, ThrottlingException, TooManyRequests, BandwidthExceeded,
                    TooManyRequestsJSON, BandwidthExceededJSON, ThrottledRetryAfter, ServiceUnavailable, InternalFailure, Denied, HTMLGateway, EmptyObject,
                    Garbage, ConnectionLost, ConnectionReset, SlowToAct, and these, after which the action was done:
                    AnswerLost, AnswerReset, AnswerCut, SlowAnswer, InternalFailureAfter, HTMLGatewayAfter,
                    EmptyObjectAfter, or will be: DoneLater, GatewayDoneLater;
                    with "share", above 0 to 1, a random share of the calls, of which "times" is the most if it is
                    given, and "seed" starts the draws anew;
                    or {"clear": true}, which removes all that are left
POST throttle       {"perSecond", "burst", "spelling"}      no more calls than that; spelling names a fault that is an
                    answer, Throttled if left out; a rate of 0 lifts it
POST fail-launches  {"count", "mode", "reason"}             modes: error, vanish, invisible;
                    with "share" instead of "count", a random share of all launches; 0 ends it
POST refuse-terminate {"id", "message"}
POST refuse-share   {"action", "share", "message"}          Return false for a random share of the ids; 0 ends it
POST deny           {"service", "deny"}                     or {"service", "action", "deny"}
POST settings       any of {"boot", "visibleAfter", "terminateTime", "freeAfter", "keepEIP", "stop", "start", "reboot", "modify", "asyncChecks",
                    "failureMode", "causeFields", "upperKeys", "wrapOrders", "lookUpsPerProject", "movePrices", "moveStock", "maxStock",
                    "seed", "maxDataDisks", "maxDataDiskSize", "odd", "oddOrders", "errorState", "errorLasts", "xml", "returnAsBoolean"}; odd is a list of ways to write an instance, of
                    those that GET odd lists, and oddOrders one of ways to write an order: "sub-orders of disks and
                    addresses", "instanceId from the first on", "keys in Chinese"
POST machines       {"count", "name", "chargeType"}         so many more that no order made, such as other people's; they take
                    from stock, quota and addresses, and go on where there is none left
POST lag             {"look", "share", "age"}               that share of the look-ups of a kind ("DescribeInstances by id",
                    "DescribeInstances list", "ListTagsByResourceIds") is answered from a view so old, such as "5s"; 0 ends it
POST account        {"accessKey", "secretKey", "same"}      a further key: of another account, whose machines are its own, or,
                    with "same": true, of the same one
POST order          an order as GET orders shows it
POST billing        {"id", "status"}                        of the record of an instance, gone or not; 1 to 12
`

// errUnknownRoute is a control route that does not exist.
var errUnknownRoute = errors.New("there is no such route; GET " + kecsim.ControlPath + " lists them")

// Serve answers one request of the control path, for kecsim.WithControl; route is the rest of the
// path.
func Serve(sim *kecsim.Server, r *http.Request, route string, body []byte, bodyErr error) protocol.Reply {
	c := api{sim}
	var out any
	err := checkSource(r)
	switch {
	case err != nil:
		return answer(http.StatusForbidden, map[string]any{"error": err.Error()})
	case r.Method == http.MethodGet && route == "":
		return protocol.Reply{Status: http.StatusOK, ContentType: protocol.PlainText, Body: []byte(help)}
	case r.Method == http.MethodGet:
		out, err = c.show(route)
	case r.Method != http.MethodPost:
		err = fmt.Errorf("the method must be GET or POST, not %s", protocol.Clip(r.Method))
	case bodyErr != nil:
		err = bodyErr
	default:
		out, err = map[string]any{"ok": true}, c.change(route, body)
	}
	switch {
	case errors.Is(err, errUnknownRoute):
		return answer(http.StatusNotFound, map[string]any{"error": err.Error()})
	case err != nil:
		return answer(http.StatusBadRequest, map[string]any{"error": err.Error()})
	}
	return answer(http.StatusOK, out)
}

func answer(status int, v any) protocol.Reply {
	return protocol.Reply{Status: status, ContentType: protocol.JSON, Body: append(protocol.Encode(v), '\n')}
}

// api has one method per route.
type api struct{ sim *kecsim.Server }

// shownInstance is what the control path shows of an instance: no secrets.
type shownInstance struct {
	ID             string            `json:"id"`
	Name           string            `json:"name"`
	Type           string            `json:"type"`
	Zone           string            `json:"zone"`
	State          string            `json:"state"`
	Visible        bool              `json:"visible"`
	ChargeType     string            `json:"chargeType"`
	SpotStrategy   string            `json:"spotStrategy,omitempty"`
	SpotPriceLimit string            `json:"spotPriceLimit,omitempty"`
	PrivateIP      string            `json:"privateIP"`
	CreatedAt      time.Time         `json:"createdAt"`
	RecyclingTime  time.Time         `json:"recyclingTime,omitzero"`
	FailReason     string            `json:"failReason,omitempty"`
	OrderID        string            `json:"orderID,omitempty"`
	Tags           map[string]string `json:"tags"`
}

type shownCall struct {
	Service   string              `json:"service"`
	Action    string              `json:"action"`
	Version   string              `json:"version"`
	Method    string              `json:"method"`
	Params    map[string][]string `json:"params"`
	Status    int                 `json:"status"`
	Code      string              `json:"code,omitempty"`
	RequestID string              `json:"requestID"`
	At        time.Time           `json:"at"`
}

func (c api) show(route string) (any, error) {
	if accessKey, other := strings.CutPrefix(route, "instances/"); other {
		return c.shown(c.sim.InstancesOf(accessKey)), nil
	}
	if typ, one := strings.CutPrefix(route, "watch/"); one {
		return c.watch(typ)
	}
	switch route {
	case "watch":
		return c.watch("")
	case "world":
		return c.showWorld(), nil
	case "instances":
		return c.shown(c.sim.Instances()), nil
	case "orders":
		return c.sim.Orders(), nil
	case "calls":
		out := []shownCall{}
		for _, call := range c.sim.Calls() {
			for name := range call.Params {
				if secret(name) {
					call.Params[name] = []string{masked}
				}
			}
			out = append(out, shownCall{call.Service, call.Action, call.Version, call.Method, call.Params, call.Status, call.Code, call.RequestID, call.At})
		}
		return out, nil
	case "counts":
		return c.sim.Counts(), nil
	case "prices":
		return c.sim.Overview().Offers, nil
	case "faults":
		return c.showFaults(), nil
	case "odd":
		return kecsim.OddAnswers(), nil
	}
	return nil, errUnknownRoute
}

// masked stands in place of a secret.
const masked = "***"

// secret tells whether the value of a parameter is not to be shown.
func secret(name string) bool {
	return strings.EqualFold(name, "InstancePassword") || strings.EqualFold(name, "UserData")
}

func (c api) shown(instances []kecsim.Instance) []shownInstance {
	out := []shownInstance{}
	for _, in := range instances {
		out = append(out, shownInstance{
			in.ID, in.Name, in.Type, in.Zone, in.State, in.Visible, in.ChargeType, in.SpotStrategy, in.SpotPriceLimit,
			in.PrivateIP, in.CreatedAt, in.RecyclingTime, in.FailReason, c.sim.OrderOf(in.ID), in.Tags,
		})
	}
	return out
}

func (c api) showWorld() any {
	w := c.sim.Overview()
	set := w.Settings
	for _, m := range w.Models {
		for name := range m.Parameters {
			if secret(name) {
				m.Parameters[name] = masked
			}
		}
	}
	return map[string]any{
		"securityGroups": w.SecurityGroups, "keys": w.Keys, "projects": w.Projects, "soldOutDisks": w.SoldOutDisks,
		"now": w.Now, "clockOffset": w.ClockOffset.String(), "quota": w.Quota, "used": w.Used, "balance": w.Balance,
		"eips": c.sim.EIPs(), "throttle": w.Throttle, "instances": w.Instances, "orders": w.Orders, "subnets": w.Subnets, "images": w.Images, "models": w.Models,
		"settings": map[string]any{
			"boot": set.Boot.String(), "visibleAfter": set.VisibleAfter.String(), "terminateTime": set.TerminateTime.String(),
			"freeAfter": set.FreeAfter.String(), "keepEIP": set.KeepEIP,
			"stop": set.Stop.String(), "start": set.Start.String(), "reboot": set.Reboot.String(), "modify": set.Modify.String(),
			"asyncChecks": set.AsyncChecks, "failureMode": set.FailureMode, "causeFields": set.CauseFields, "upperKeys": set.UpperKeys,
			"oddOrders": set.OddOrders, "errorState": set.ErrorState, "errorLasts": set.ErrorLasts.String(),
			"odd": set.Odd, "wrapOrders": set.WrapOrders, "lookUpsPerProject": set.LookUpsPerProject, "movePrices": set.MovePrices, "seed": set.Seed,
			"moveStock": set.MoveStock, "maxStock": set.MaxStock, "xml": set.XML, "returnAsBoolean": set.ReturnAsBoolean,
			"maxDataDisks": set.MaxDataDisks, "maxDataDiskSize": set.MaxDataDiskSize,
		},
	}
}

// decode reads a body. It refuses unknown fields, because a misspelt one would have no effect.
func decode(body []byte, into any) error {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("the body is not what this route takes: %w", err)
	}
	if dec.More() {
		return errors.New("the body holds more than one JSON value")
	}
	return nil
}
