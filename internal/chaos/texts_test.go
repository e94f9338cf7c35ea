package chaos

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// textsFile holds every message of every scene, to the letter. A change of a text shows in its
// diff.
const textsFile = "testdata/texts.txt"

var writeTexts = flag.Bool("texts", false, "write what the scenes say into "+textsFile)

// stage is where a scene plays: a world, a CLI, and a configuration that works.
type stage struct {
	sim    *kecsim.Server
	core   *core
	config map[string]tftypes.Value
}

// run plans and applies "worker", after a refresh if there is something to refresh.
func (s *stage) run(config map[string]tftypes.Value) {
	ctx := context.Background()
	if s.core.refresh(ctx, "worker") {
		s.core.apply(ctx, "worker", s.core.plan(ctx, "worker", config))
	}
}

// with is the configuration with some values in place of its own.
func (s *stage) with(values map[string]tftypes.Value) map[string]tftypes.Value {
	config := maps.Clone(s.config)
	maps.Copy(config, values)
	return config
}

// order reads kec_spot_order.
func (s *stage) order(values map[string]tftypes.Value) {
	ctx := context.Background()
	all, err := s.core.server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		panic(err)
	}
	of, _ := all.DataSourceSchemas["kec_spot_order"].ValueType().(tftypes.Object)
	config, err := tfprotov6.NewDynamicValue(of, object(of, values))
	if err != nil {
		panic(err)
	}
	resp, err := s.core.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "kec_spot_order", Config: &config})
	if err != nil {
		panic(err)
	}
	s.core.hear("order", resp.Diagnostics)
}

// scene is one thing that can go wrong.
type scene struct {
	name      string
	preflight string // of the provider block; "off" if left out
	play      func(s *stage)
}

// kecCodes are refusals by code and words; many sit in the catalogue, some in no list.
var kecCodes = []kecsim.Fault{
	{Code: "ProductSellOutInvalid", Message: "InstanceType N3.2B is sell out"},
	{Code: "ProductSellOutInvalid", Message: "DataDisk.1.Type SSD3.0 is sell out"},
	{Code: "InstanceQuotaExceeded", Message: "MinCount 1 exceeds the quota"},
	{Code: "SpotPriceLimitInvalid", Message: "SpotPriceLimit is out of range"},
	{Code: "ChargeTypeNotSupported", Message: "ChargeType Spot is not offered"},
	{Code: "Payment.InsufficientBalance", Message: "the balance is 1 CNY"},
	{Code: "SubnetIpNotEnough", Message: "SubnetId has 0 free addresses"},
	{Code: "ImageIdInvalid", Message: "ImageId is not active"},
	{Code: "InvalidParameterValue", Message: "InstanceName is too long"},
	{Code: "InstanceIdInvalid", Message: "no such instance"},
	{Code: "InstanceResourceProtected", Message: "the instance is protected against deletion"},
	{Code: "InstanceStateNotSupported", Message: "not in this state"},
	{Code: "MoonPhase", Message: "The moon is full."},
	{Status: 401, Code: "SignatureDoesNotMatch", Message: "check your key"},
	{Status: 403, Code: "AnyCode", Message: "no"},
	{Status: 500, Code: "AnyCode", Message: "no"},
}

// lost are troubles of the way, in which no refusal comes.
var lost = map[string]kecsim.Fault{
	"throttled": kecsim.Throttled, "unavailable": kecsim.ServiceUnavailable, "gateway": kecsim.HTMLGateway, "empty": kecsim.EmptyObject,
	"garbage": kecsim.Garbage, "reset": kecsim.ConnectionReset, "done, and no answer": kecsim.AnswerLost, "done, and a gateway": kecsim.HTMLGatewayAfter,
}

// long is more often than anything is asked.
const long = 100000

func scenes() []scene {
	var all []scene
	add := func(name, preflight string, play func(s *stage)) {
		if preflight == "" {
			preflight = "off"
		}
		all = append(all, scene{name, preflight, play})
	}
	for _, f := range kecCodes {
		name := strings.TrimSpace(strings.TrimPrefix(fmt.Sprintf("%d %s %s", f.Status, f.Code, f.Message), "0 "))
		add("launch refused: "+name, "", func(s *stage) {
			s.sim.FailNext("RunInstances", f, 1)
			s.run(s.config)
			s.run(s.config)
		})
		for _, action := range []string{"DescribeInstances", "TerminateInstances", "ReplaceResourcesTags", "ModifyInstanceAttribute", "ModifyNetworkInterfaceAttribute", "ListTagsByResourceIds", "StopInstances"} {
			add("life refused: "+action+" "+name, "", func(s *stage) {
				s.run(s.config)
				s.sim.FailNext(action, f, long)
				s.run(s.with(map[string]tftypes.Value{
					"instance_name": text("renamed"), "security_group_ids": texts(kecsim.SecurityGroup, kecsim.SecurityGroup2),
					"tags": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{"team": text("ads")}),
				}))
				s.run(s.with(map[string]tftypes.Value{"password_wo_version": tftypes.NewValue(tftypes.Number, 2)}))
				s.run(nil)
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		for _, action := range []string{"RunInstances", "DescribeInstances", "TerminateInstances", "ModifyInstanceAttribute", "*"} {
			add("lost: "+action+" "+name, "", func(s *stage) {
				if action == "RunInstances" || action == "*" {
					s.sim.FailNext(action, lost[name], long)
				}
				s.run(s.config)
				s.sim.FailNext(action, lost[name], long)
				s.run(s.with(map[string]tftypes.Value{"instance_name": text("renamed"), "host_name": text("renamed")}))
				s.run(nil)
			})
		}
	}
	return slices.Concat(all, scenesOfLaunches(), scenesOfLives(), scenesOfOrders())
}

// hindrances are why KEC cannot serve a launch, such as that the configuration asks for what is not
// there.
var hindrances = map[string]func(s *stage){
	"sold out": func(s *stage) { s.sim.SellOut(kecsim.ZoneA, "N3.2B") },
	"sold out everywhere": func(s *stage) {
		for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC} {
			s.sim.SellOut(zone, "N3.2B")
		}
	},
	"dearer than the bid":  func(s *stage) { s.sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.1501", "0.1965") },
	"cheaper than the bid": func(s *stage) { s.sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.0393", "0.05") },
	"a full subnet":        func(s *stage) { s.sim.SetSubnetFree(kecsim.SubnetA, 0) },
	"a broken image":       func(s *stage) { s.config["image_id"] = text(kecsim.ImageBroken) },
	"no such image":        func(s *stage) { s.config["image_id"] = text("IMG-none") },
	"no such subnet":       func(s *stage) { s.config["subnet_id"] = text("none") },
	"no such group":        func(s *stage) { s.config["security_group_ids"] = texts("none") },
	"another VPC's group":  func(s *stage) { s.config["security_group_ids"] = texts(kecsim.SecurityGroupOther) },
	"no spot": func(s *stage) {
		s.config["instance_type"] = text(kecsim.TypeNotSpot)
		s.config["spot_price_limit"] = tftypes.NewValue(tftypes.Number, nil)
	},
	"an address outside": func(s *stage) { s.config["private_ip_address"] = text("10.9.0.9") },
	"a sold-out disk":    func(s *stage) { s.sim.SellOutDisk(kecsim.ZoneA, "SSD3.0", true) },
	"no quota":           func(s *stage) { s.sim.SetQuota(0) },
	"no balance":         func(s *stage) { s.sim.SetBalance("99.99") },
}

// scenesOfLaunches are about plans that KEC cannot serve, and about launches that come to nothing.
func scenesOfLaunches() []scene {
	var all []scene
	for _, name := range slices.Sorted(maps.Keys(hindrances)) {
		for _, mode := range []string{"error", "warn", "off"} {
			all = append(all, scene{"world, preflight " + mode + ": " + name, mode, func(s *stage) {
				hindrances[name](s)
				s.run(s.config)
			}})
		}
		for _, ending := range []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible} {
			all = append(all, scene{"world, accepted and " + ending + ": " + name, "off", func(s *stage) {
				s.sim.Update(func(set *kecsim.Settings) { set.AsyncChecks, set.FailureMode = true, ending })
				hindrances[name](s)
				s.run(s.config)
			}})
		}
	}
	for _, ending := range []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible} {
		for _, reason := range []string{"", "out of stock", "excessive number", "image is not usable", "the moon is full"} {
			all = append(all, scene{fmt.Sprintf("launch %s, reason %q", ending, reason), "off", func(s *stage) {
				s.sim.Update(func(set *kecsim.Settings) { set.CauseFields = reason != "" })
				s.sim.FailLaunches(1, ending, reason)
				s.run(s.config)
			}})
		}
	}
	return all
}

// scenesOfLives are about machines that run.
func scenesOfLives() []scene {
	return []scene{
		{"a protected machine", "error", func(s *stage) {
			config := s.with(map[string]tftypes.Value{"deletion_protection": tftypes.NewValue(tftypes.Bool, true)})
			s.run(config)
			s.run(nil)
			config["instance_type"] = text("N3.4B")
			s.run(config)
		}},
		{"a machine in its protected hour", "error", func(s *stage) {
			s.config["data_disks"] = dataDisks() // which stay
			s.run(s.config)
			s.run(s.with(map[string]tftypes.Value{"instance_type": text("N3.4B")}))
			s.run(nil)
		}},
		{"a machine that is reclaimed", "error", func(s *stage) {
			s.run(s.config)
			time.Sleep(2 * time.Hour)
			s.sim.Reclaim(s.core.entry("worker").id())
			s.run(s.config)
			time.Sleep(11 * time.Minute)
			s.run(s.config)
		}},
		{"a machine that somebody has deleted", "error", func(s *stage) {
			s.run(s.config)
			s.sim.Release(s.core.entry("worker").id())
			s.run(s.config)
		}},
		{"an automatic deletion too soon", "error", func(s *stage) {
			s.run(s.with(map[string]tftypes.Value{"auto_delete_time": text(time.Now().UTC().Add(10 * time.Minute).Truncate(time.Minute).Format(time.RFC3339))}))
		}},
		{"imported, and configured otherwise", "error", func(s *stage) {
			s.run(s.config)
			e := s.core.entry("worker")
			s.core.put("worker", nil)
			s.core.adopt(context.Background(), "worker", e.id())
			s.run(s.with(map[string]tftypes.Value{"iam_role_name": text("role"), "keep_image_login": tftypes.NewValue(tftypes.Bool, true),
				"password_wo": tftypes.NewValue(tftypes.String, nil), "password_wo_version": tftypes.NewValue(tftypes.Number, nil)}))
		}},
	}
}

// scenesOfOrders are about the data source.
func scenesOfOrders() []scene {
	order := func(status int, payable, reason string, parts ...int) kecsim.Order {
		o := kecsim.Order{ID: "2026030209140100", Name: "KEC purchase", Type: 2, Use: 1, Status: status, BillName: "Spot", PayableMoney: payable}
		for i, one := range parts {
			o.SubOrders = append(o.SubOrders, kecsim.SubOrder{
				ID: fmt.Sprintf("%s-%d", o.ID, i+1), Status: one, Num: 1, Price: "0.04", BillType: 810, ProductTypeName: "N3", FailReason: reason,
				Items: []kecsim.Item{{Key: "instance_type", Value: "N3.2B"}, {Key: "available_zone", Value: "cn-beijing-6a"}},
			})
		}
		return o
	}
	var all []scene
	for _, how := range []string{"error", "warning", "ignore"} {
		ask := map[string]tftypes.Value{"order_id": text("2026030209140100"), "on_failure": text(how)}
		for _, reason := range []string{"", "out of stock", "the moon is full"} {
			for _, o := range []kecsim.Order{order(0, "1.5", reason), order(2, "", reason, 2), order(20, "", reason, 2, 3), order(21, "", reason, 3, 3), order(1, "", reason, 1)} {
				all = append(all, scene{fmt.Sprintf("order %d, %s, reason %q", o.Status, how, reason), "off", func(s *stage) {
					s.sim.Update(func(set *kecsim.Settings) { set.CauseFields = reason != "" })
					s.sim.PutOrder(o)
					s.order(ask)
				}})
			}
		}
		all = append(all,
			scene{"no such order, " + how, "off", func(s *stage) { s.order(ask) }},
			scene{"order denied, " + how, "off", func(s *stage) { s.sim.FailNext("QueryOrderInfo", kecsim.Denied, long); s.order(ask) }},
			scene{"order unreachable, " + how, "off", func(s *stage) { s.sim.FailNext("QueryOrderInfo", kecsim.ConnectionReset, long); s.order(ask) }},
			scene{"no such instance, " + how, "off", func(s *stage) {
				s.order(map[string]tftypes.Value{"instance_id": text("5b7f0a52"), "on_failure": text(how)})
			}},
			scene{"record denied, " + how, "off", func(s *stage) {
				s.sim.FailNext("QueryInstances", kecsim.Denied, long)
				s.run(s.config)
				s.order(map[string]tftypes.Value{"instance_id": text(s.core.entry("worker").id()), "on_failure": text(how)})
			}},
		)
	}
	return all
}

// TestTexts holds every message of every scene against what it was when it was written down.
func TestTexts(t *testing.T) {
	t.Parallel()
	withoutRace(t)
	all := scenes()
	said := make([]string, len(all))
	var next atomic.Int64
	t.Run("scenes", func(t *testing.T) {
		for worker := range 4 {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
					said[i] = played(t, all[i])
				}
			})
		}
	})
	var text strings.Builder
	for i, one := range all {
		fmt.Fprintf(&text, "## %s\n\n%s\n", one.name, said[i])
	}
	if *writeTexts {
		if err := os.WriteFile(textsFile, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(textsFile)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for section := range strings.SplitSeq("\n"+string(want), "\n## ") {
		name, body, _ := strings.Cut(section, "\n")
		sections[name] = strings.TrimSpace(body)
	}
	for i, one := range all {
		if got := strings.TrimSpace(said[i]); got != sections[one.name] {
			t.Errorf("%s: it says\n%s\n\nand said\n%s", one.name, got, sections[one.name])
		}
	}
	if len(sections) != len(all)+1 { // one is what stands before the first
		t.Errorf("%s has %d scenes, want %d, each with a name of its own", textsFile, len(sections)-1, len(all))
	}
}

// requestID is one of the simulator's, which depends on the order of what is asked at once.
var requestID = regexp.MustCompile(`request (KEC-)?[0-9a-f-]{36}`)

// played is what the provider says in a scene.
func played(t *testing.T, one scene) (said string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{sim: newWorld(1), config: configured(0, 0)}
		var err error
		var l *link
		s.core, err = newCore(account(one.preflight), processes(s.sim, 1, latency, &l))
		must(t, err)
		must(t, s.core.start(context.Background()))
		defer l.sever()
		one.play(s)
		time.Sleep(time.Hour) // what is still being asked comes to an end
		for _, message := range s.core.said {
			wantRetry(t, one.name, message)
		}
		said = requestID.ReplaceAllString(strings.Join(s.core.heard, "\n\n"), "request ID") + "\n"
	})
	return said
}

// wantRetry checks that a message of the catalogue ends with the line that a pipeline reads, and
// that no other message has one.
func wantRetry(t *testing.T, scene, message string) {
	t.Helper()
	want := 0
	if strings.Contains(message, "\nCode: ") {
		want = 1
	}
	if strings.Count(message, "\nRetry: ") != want || retryLine.MatchString(message) != (want == 1) {
		t.Errorf("%s: the last line and no other is to be the retry, and only of the catalogue's messages:\n%s", scene, message)
	}
}

var retryLine = regexp.MustCompile(`\nRetry: (later|after a change|never)$`)

// dataDisks is one disk.
func dataDisks() tftypes.Value {
	disk := tftypes.Object{AttributeTypes: map[string]tftypes.Type{
		"type": tftypes.String, "size_gib": tftypes.Number, "snapshot_id": tftypes.String, "delete_with_instance": tftypes.Bool, "id": tftypes.String,
	}}
	return tftypes.NewValue(tftypes.List{ElementType: disk}, []tftypes.Value{tftypes.NewValue(disk, map[string]tftypes.Value{
		"type": text("SSD3.0"), "size_gib": tftypes.NewValue(tftypes.Number, 50), "snapshot_id": tftypes.NewValue(tftypes.String, nil),
		"delete_with_instance": tftypes.NewValue(tftypes.Bool, false), "id": tftypes.NewValue(tftypes.String, nil),
	})})
}
