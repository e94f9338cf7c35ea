package machines

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cloud is a KEC of one kind of machine, for which each request of a launch can be made to go wrong
// in its own way.
type cloud struct {
	script
	clk      *fakeClock
	visible  time.Duration // after which a machine shows
	tagged   time.Duration // after which its tags show
	takes    time.Duration // for which a launch is under way
	plays    []play        // one for each RunInstances; the last one is repeated
	launched int           // requests of launches
	machines []machine
	stock    int                // of machines for batches
	early    int                // of a batch, how many show as soon as visible says; 0 for all
	later    time.Duration      // after which the others do so
	look     func(n int) *reply // in place of the answer to the n-th DescribeInstances; nil or a nil reply for none
	looked   int
	tagLook  *reply // in place of every answer to ListTagsByResourceIds
}

type machine struct {
	id, name, typ, subnet, charge, created, project string
	born                                            time.Time
	tags                                            map[string]string
}

// play is how a request of a launch goes: whether a machine comes of it, and what is said instead
// of its id.
type play struct {
	commits bool
	says    func(m machine) *reply
}

var (
	accepts  = play{commits: true}
	loses    = play{commits: true, says: fixed(reply{Err: io.EOF})}
	drops    = play{says: fixed(reply{Err: reset})}
	fails    = play{says: fixed(refuse(500, "INTERNAL_FAILURE", "x"))}
	throttle = play{says: fixed(refuse(503, "RequestLimitExceeded", "x"))}
	sellsOut = play{says: fixed(refuse(400, "ProductSellOutInvalid", "sell out"))}
)

func fixed(r reply) func(machine) *reply { return func(machine) *reply { return &r } }

func says(format string) func(machine) *reply {
	return func(m machine) *reply {
		r := ok(strings.ReplaceAll(format, "ID", m.id))
		return &r
	}
}

func newCloud(t *testing.T, plays ...play) (*cloud, testClient) {
	t.Helper()
	k := &cloud{plays: plays, visible: 3 * time.Second}
	marks := 0
	c, clk := client(t, &k.script, withLaunchTags(func() string { marks++; return fmt.Sprintf("mark-%d", marks) }))
	k.clk, k.Answer = clk, k.serve
	return k, c
}

func (k *cloud) serve(_ int, one sent) reply {
	r := k.handle(one)
	if r.Header == nil && r.Err == nil {
		r.Header = http.Header{"Date": {k.clk.Now().Format(http.TimeFormat)}}
	}
	return r
}

func (k *cloud) handle(one sent) reply {
	now := k.clk.Now()
	switch one.Action {
	case "RunInstances":
		_ = k.clk.Sleep(context.Background(), k.takes)
		p := k.plays[min(k.launched, len(k.plays)-1)]
		k.launched++
		m := machine{
			id: fmt.Sprintf("i-%d", k.launched), name: one.Form.Get("InstanceName"), typ: one.Form.Get("InstanceType"), subnet: one.Form.Get("SubnetId"),
			charge: "Spot", created: now.Format(time.RFC3339), project: one.Form.Get("ProjectId"), born: now, tags: tagsIn(one.Form),
		}
		if n, _ := strconv.Atoi(one.Form.Get("MaxCount")); n > 1 {
			return k.batch(p, m, n, one.Form.Get("InstanceNameSuffix"))
		}
		if p.commits {
			k.machines = append(k.machines, m)
		}
		if p.says != nil {
			return *p.says(m)
		}
		return ok(fmt.Sprintf(`{"RequestId":"req-%d","InstancesSet":[{"InstanceId":%q,"InstanceName":%q}]}`, k.launched, m.id, m.name))
	case "DescribeInstances":
		k.looked++
		if k.look != nil {
			if r := k.look(k.looked); r != nil {
				return *r
			}
		}
		list := []map[string]any{}
		for _, m := range k.machines {
			if now.Sub(m.born) >= k.visible && one.Form.Get("ProjectId.1") == m.project {
				list = append(list, map[string]any{"InstanceId": m.id, "InstanceName": m.name, "InstanceType": m.typ, "SubnetId": m.subnet,
					"ChargeType": m.charge, "CreationDate": m.created, "InstanceState": map[string]string{"Name": "active"}})
			}
		}
		b, _ := json.Marshal(map[string]any{"InstanceCount": len(list), "InstancesSet": list})
		return ok(string(b))
	case "ListTagsByResourceIds":
		if k.tagLook != nil {
			return *k.tagLook
		}
		tags := []map[string]any{}
		for _, id := range strings.Split(one.Form.Get("ResourceUuids"), ",") {
			for _, m := range k.machines {
				for key, value := range m.tags {
					if m.id == id && now.Sub(m.born) >= k.tagged {
						tags = append(tags, map[string]any{"ResourceUuid": id, "TagId": 7, "TagKey": key, "TagValue": value})
					}
				}
			}
		}
		b, _ := json.Marshal(map[string]any{"Tags": tags})
		return ok(string(b))
	}
	return refuse(400, "INVALID_ACTION", "Not Found")
}

func tagsIn(form url.Values) map[string]string {
	tags := map[string]string{}
	for i := range 10 {
		if key := form.Get(fmt.Sprintf("Tag.%d.Key", i)); key != "" {
			tags[key] = form.Get(fmt.Sprintf("Tag.%d.Value", i))
		}
	}
	return tags
}

// batch opens n machines, of which those after the first few show later.
func (k *cloud) batch(p play, m machine, n int, suffix string) reply {
	if n = min(n, k.stock); n < 1 {
		return refuse(400, "ProductSellOutInvalid", "sell out")
	}
	from, _ := strconv.Atoi(suffix)
	var set []string
	for i := range n {
		one := m
		one.id, one.name = fmt.Sprintf("%s-%d", m.id, i+1), m.name+strconv.Itoa(from+i)
		if k.early > 0 && i >= k.early {
			one.born = m.born.Add(k.later)
		}
		if p.commits {
			k.machines, k.stock = append(k.machines, one), k.stock-1
		}
		set = append(set, fmt.Sprintf(`{"InstanceId":%q}`, one.id))
	}
	if p.says != nil {
		return *p.says(m)
	}
	return ok(fmt.Sprintf(`{"RequestId":"req-%d","InstancesSet":[%s]}`, k.launched, strings.Join(set, ",")))
}

// count is how often an action was called.
func (k *cloud) count(action string) (n int) {
	for _, one := range k.Got {
		if one.Action == action {
			n++
		}
	}
	return n
}

func order() url.Values {
	return url.Values{"InstanceType": {"N3.2B"}, "SubnetId": {"s-1"}, "ChargeType": {"Spot"}, "InstanceName": {"worker"}, "MinCount": {"1"}, "MaxCount": {"1"},
		"Tag.1.Key": {"env"}, "Tag.1.Value": {"prod"}, "Tag.7.Key": {"a"}, "Tag.7.Value": {"b"}}
}

// rewrite changes one member of every instance that is shown.
func rewrite(k *cloud, member, value string) func(int) *reply {
	return func(int) *reply {
		look := k.look
		k.look = nil
		r := k.handle(k.Got[len(k.Got)-1])
		k.look = look
		var body map[string]any
		_ = json.Unmarshal([]byte(r.Body), &body)
		for _, in := range body["InstancesSet"].([]any) {
			in.(map[string]any)[member] = value
		}
		b, _ := json.Marshal(body)
		r.Body = string(b)
		return &r
	}
}

func failing(k *cloud, until time.Duration, r reply) func(int) *reply {
	start := k.clk.Now()
	return func(int) *reply {
		if k.clk.Now().Sub(start) < until {
			return &r
		}
		return nil
	}
}
