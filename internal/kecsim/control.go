package kecsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// The control path steers the world from outside the process. It is the
// simulator's own: nothing of it exists at KEC.
const controlPath = "/_kecsim/"

const controlHelp = `kecsim: a local Kingsoft Cloud. This path steers its world.

GET  world          time, clock, quota, balance, subnets, images, security groups, keys, projects, sold-out disks, settings
GET  instances      machines that are not gone
GET  orders         orders with their sub-orders
GET  calls          what was asked of the API; secrets are masked
GET  counts         how often each action was called
GET  prices         price and stock per type and zone
GET  faults         the scripted faults that are left

POST price          {"zone", "type", "spot", "onDemand"}    decimals in CNY per hour
POST stock          {"zone", "type", "count"}               0 is sold out
POST disk           {"zone", "type", "soldOut"}             whether a data disk type is sold out
POST quota          {"count"}
POST balance        {"yuan"}                                a decimal
POST subnet         {"id", "free"}
POST image          {"id", "state"}
POST reclaim        {"id"}                                  ten-minute notice, now
POST release        {"id"}                                  taken back by the system, now
POST advance        {"duration"}                            such as "1h30m"
POST clock          {"offset"}                              how far KEC's clock is off, such as "-20m"
POST fault          {"action", "times", "name"} or, instead of name, "status", "code", "message", "body",
                    "contentType", "retryAfter", "after", "dropBefore", "dropAfter", "reset", "cut", "slow", "late",
                    "echo";
                    names: Throttled, Throttling, ThrottlingException, TooManyRequests, BandwidthExceeded,
                    ThrottledRetryAfter, ServiceUnavailable, InternalFailure, Denied, HTMLGateway, EmptyObject,
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
POST settings       any of {"boot", "visibleAfter", "terminateTime", "stop", "start", "reboot", "modify", "asyncChecks",
                    "failureMode", "causeFields", "upperKeys", "wrapOrders", "movePrices", "seed", "maxDataDisks",
                    "maxDataDiskSize"}
POST machines       {"count", "name", "chargeType"}         so many more that no order made, such as other people's; they take
                    from stock, quota and addresses, and go on where there is none left
POST order          an order as GET orders shows it
POST billing        {"id", "status"}                        of the record of an instance, gone or not; 1 to 12
`

// errUnknownRoute is a control route that does not exist.
var errUnknownRoute = errors.New("there is no such route; GET " + controlPath + " lists them")

func (s *Server) control(r *http.Request, route string, body []byte, bodyErr error) protocol.Reply {
	var out any
	var err error
	switch {
	case r.Header.Get("Origin") != "":
		// A web page the user happens to have open must not steer the world.
		return controlReply(http.StatusForbidden, map[string]any{"error": "requests from web pages are refused"})
	case r.Method == http.MethodGet && route == "":
		return protocol.Reply{Status: http.StatusOK, ContentType: protocol.PlainText, Body: []byte(controlHelp)}
	case r.Method == http.MethodGet:
		out, err = s.show(route)
	case r.Method != http.MethodPost:
		err = fmt.Errorf("the method must be GET or POST, not %s", protocol.Clip(r.Method))
	case bodyErr != nil:
		err = bodyErr
	default:
		out, err = map[string]any{"ok": true}, s.steer(route, body)
	}
	switch {
	case errors.Is(err, errUnknownRoute):
		return controlReply(http.StatusNotFound, map[string]any{"error": err.Error()})
	case err != nil:
		return controlReply(http.StatusBadRequest, map[string]any{"error": err.Error()})
	}
	return controlReply(http.StatusOK, out)
}

func controlReply(status int, v any) protocol.Reply {
	return protocol.Reply{Status: status, ContentType: protocol.JSON, Body: append(protocol.Encode(v), '\n')}
}

// shownInstance is what the control path tells of a machine: no secrets.
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

func (s *Server) show(route string) (any, error) {
	switch route {
	case "world":
		return s.showWorld(), nil
	case "instances":
		out := []shownInstance{}
		for _, in := range s.Instances() {
			out = append(out, shownInstance{
				in.ID, in.Name, in.Type, in.Zone, in.State, in.Visible, in.ChargeType, in.SpotStrategy, in.SpotPriceLimit,
				in.PrivateIP, in.CreatedAt, in.RecyclingTime, in.FailReason, s.OrderOf(in.ID), in.Tags,
			})
		}
		return out, nil
	case "orders":
		return s.Orders(), nil
	case "calls":
		out := []shownCall{}
		for _, c := range s.Calls() {
			for name := range c.Params {
				if strings.EqualFold(name, "InstancePassword") || strings.EqualFold(name, "UserData") {
					c.Params[name] = []string{"***"}
				}
			}
			out = append(out, shownCall{c.Service, c.Action, c.Version, c.Method, c.Params, c.Status, c.Code, c.RequestID, c.At})
		}
		return out, nil
	case "counts":
		return s.showCounts(), nil
	case "prices":
		return s.showPrices(), nil
	case "faults":
		return s.showFaults(), nil
	}
	return nil, errUnknownRoute
}

func (s *Server) showWorld() any {
	defer s.lock()()
	subnets, images := []any{}, []any{}
	for _, n := range s.w.subnets {
		subnets = append(subnets, map[string]any{"id": n.id, "name": n.name, "zone": n.zone, "cidr": n.cidr.String(), "free": n.free, "type": n.kind})
	}
	for _, im := range s.w.images {
		images = append(images, map[string]any{"id": im.id, "name": im.name, "state": im.state})
	}
	disks := []any{}
	for _, r := range s.w.regions {
		for _, zone := range r.zones {
			for _, typ := range dataDiskTypes {
				if s.w.soldOut[diskKey{zone, typ}] {
					disks = append(disks, map[string]any{"zone": zone, "type": typ})
				}
			}
		}
	}
	groups := []any{}
	for _, g := range s.w.groups {
		groups = append(groups, map[string]any{"id": g.id, "name": g.name, "vpc": g.vpc})
	}
	set := s.w.settings
	return map[string]any{
		"securityGroups": groups, "keys": s.w.keyPairs, "projects": s.w.projects, "soldOutDisks": disks,
		"now": s.w.now, "clockOffset": s.off.String(), "quota": s.w.quota, "used": s.w.used(), "balance": s.w.balance.String(),
		"throttle":  map[string]any{"perSecond": s.throttle.perSecond, "burst": s.throttle.burst, "refused": s.throttle.refused},
		"instances": len(s.w.instances), "orders": len(s.w.orders), "subnets": subnets, "images": images,
		"settings": map[string]any{
			"boot": set.Boot.String(), "visibleAfter": set.VisibleAfter.String(), "terminateTime": set.TerminateTime.String(),
			"stop": set.Stop.String(), "start": set.Start.String(), "reboot": set.Reboot.String(), "modify": set.Modify.String(),
			"asyncChecks": set.AsyncChecks, "failureMode": set.FailureMode, "causeFields": set.CauseFields, "upperKeys": set.UpperKeys,
			"wrapOrders": set.WrapOrders, "movePrices": set.MovePrices, "seed": set.Seed,
			"maxDataDisks": set.MaxDataDisks, "maxDataDiskSize": set.MaxDataDiskSize,
		},
	}
}

func (s *Server) showCounts() any {
	defer s.lock()()
	return maps.Clone(s.counts)
}

func (s *Server) showPrices() any {
	defer s.lock()()
	out := []any{}
	for _, r := range s.w.regions {
		for _, zone := range r.zones {
			for _, t := range s.w.types {
				if m := s.w.markets[marketKey{zone, t.name}]; m != nil {
					out = append(out, map[string]any{
						"zone": zone, "type": t.name, "offered": m.offered, "stock": m.stock,
						"spot": m.last().spot.String(), "onDemand": m.last().onDemand.String(),
					})
				}
			}
		}
	}
	return out
}

// decodeControl reads a body strictly: a field nobody knows is a mistake the
// caller wants to hear about.
func decodeControl(body []byte, into any) error {
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
