package kec

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// shown is an instance on one line, without Raw.
func shown(in Instance) string {
	opt := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	s := fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s", in.ID, in.Name, in.Type, in.ImageID, in.SubnetID, in.PrivateIP, in.HostName,
		opt(in.ProjectID), in.State, in.Zone, in.ChargeType, in.SpotStrategy, opt(in.SpotPriceLimit), in.RecyclingTime, in.Created)
	for _, d := range append([]Disk{in.SystemDisk}, in.DataDisks...) {
		s += fmt.Sprintf("|%s/%s/%d/%s", d.ID, d.Type, d.SizeGB, opt(d.DeleteWithInstance))
	}
	for _, n := range in.NICs {
		s += fmt.Sprintf("|%s/%s/%s/%s/%s/%s/%v", n.ID, n.Type, n.VPCID, n.SubnetID, n.PrivateIP, n.PublicIP, n.SecurityGroupIDs)
	}
	return s + fmt.Sprint("|", in.KeyIDs)
}

func TestDecodeInstance(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ raw, want string }{
		"documented": {kectest.DocumentedInstance, "5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11|spot-worker|N3.2B|IMG-6f2b8d4e-2c5a-4c1e-9a57-0f7c3f6f2d10|" +
			"0d6f3a7c-1b2a-4d7e-8a3b-52d0f4a1b6c2|10.7.0.12||0|active|cn-beijing-6a|Spot|SpotWithPriceLimit|\"0.12345\"||2026-03-02T09:14:05Z|" +
			"/SSD3.0/40/null|c1e0a1d2-6b7c-4e0f-8a9b-3d4c5b6a7f88/SSD3.0/50/true|7f1a2f3e-8b54-4b3e-9f1a-6f0c2d9e4b77/primary/" +
			"2c9d5f1b-7c3a-4a2e-b6a0-8e1d4c7f9a35/0d6f3a7c-1b2a-4d7e-8a3b-52d0f4a1b6c2/10.7.0.12//[3a6d0e2b-5c1f-4e8d-9b7a-1f2c3d4e5a60]|[]"},
		"lower-first keys": {`{"instanceId":"i","projectId":"42","spotStrategy":"SpotAsPriceGo","spotPriceLimit":"0.50","instanceState":{"name":"active"}}`,
			`i|||||||42|active|||SpotAsPriceGo|"0.5"|||//0/null|[]`},
		"texts for numbers and booleans": {`{"InstanceId":7,"SystemDisk":{"DiskSize":"40"},"DataDisks":[{"DiskSize":"50","DeleteWithInstance":"true"}]}`,
			`7|||||||null|||||null|||//40/null|//50/true|[]`},
		"null and empty": {`{"InstanceId":"i","ProjectId":null,"SpotPriceLimit":"","InstanceState":null,"SystemDisk":null,"DataDisks":null,"KeySet":null}`,
			`i|||||||null|||||null|||//0/null|[]`},
		"wrong shapes": {`{"InstanceId":"i","InstanceName":{"x":1},"ProjectId":[],"InstanceConfigure":"x","SystemDisk":"x","DataDisks":{},"NetworkInterfaceSet":[7,null],"KeySet":"x"}`,
			`i|||||||null|||||null|||//0/null|//////[]|[]`},
		"state as text": {`{"InstanceId":"i","InstanceState":"active","AvailabilityZoneName":"z"}`, `i|||||||null|active|z|||null|||//0/null|[]`},
		"groups under two names": {`{"InstanceId":"i","NetworkInterfaceSet":[{"GroupSet":[{"GroupId":"a"},{"GroupId":"b"}],"SecurityGroupSet":[{"SecurityGroupId":"b"},"c"]}]}`,
			`i|||||||null|||||null|||//0/null|//////[b c a]|[]`},
		"keys": {`{"InstanceId":"i","KeySet":["k1",{"KeyId":"k2"},{},null,"k1"]}`, `i|||||||null|||||null|||//0/null|[k1 k2]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := decodeInstance(json.RawMessage(tc.raw))
			equal(t, "instance", shown(in), tc.want)
			equal(t, "raw", string(in.Raw), tc.raw)
		})
	}
}

// A list that an answer has, if only an empty one, tells that there is nothing. One that it leaves
// out, or gives as null or as something else, tells nothing.
func TestDecodeInstance_listsThatAreToldOrNot(t *testing.T) {
	t.Parallel()
	tells := func(list any, empty bool) string {
		return map[bool]string{true: "told", false: fmt.Sprint(list)}[empty]
	}
	for raw, want := range map[string]string{
		`{"InstanceId":"i"}`: "null null null false",
		`{"InstanceId":"i","DataDisks":null,"NetworkInterfaceSet":null,"KeySet":null,"DataGuardSet":null}`:         "null null null false",
		`{"InstanceId":"i","DataDisks":"","NetworkInterfaceSet":{},"KeySet":7,"DataGuardSet":"x"}`:                 "null null null false",
		`{"InstanceId":"i","DataDisks":[],"NetworkInterfaceSet":[],"KeySet":[],"DataGuardSet":[]}`:                 "told told told true",
		`{"InstanceId":"i","DataDisks":[null],"NetworkInterfaceSet":[null],"KeySet":[null],"DataGuardSet":[null]}`: "told told told true",
		`{"InstanceId":"i","DataDisks":[{}],"NetworkInterfaceSet":[{}],"KeySet":["k"],"DataGuardSet":["g"]}`:       "1 1 1 true",
	} {
		in := decodeInstance(json.RawMessage(raw))
		shown := func(n int, isNil bool) string {
			if isNil {
				return "null"
			}
			return tells(n, n == 0)
		}
		equal(t, raw, fmt.Sprint(shown(len(in.DataDisks), in.DataDisks == nil), " ", shown(len(in.NICs), in.NICs == nil), " ",
			shown(len(in.KeyIDs), in.KeyIDs == nil), " ", in.TellsDataGuard), want)
	}
}

// A time that stands for none is none: only zeros, a dash, or the first day of a calendar.
func TestMoment(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "", " ": "", "0": "", "-": "", "0000-00-00 00:00:00": "", "1970-01-01 08:00:00": "", "0001-01-01T00:00:00Z": "",
		" 2026-03-02 18:00:00 ": "2026-03-02 18:00:00", "1970-01-02 08:00:00": "1970-01-02 08:00:00", "9": "9", "1772442841000": "1772442841000",
	} {
		equal(t, given, moment(ksyun.Text(given)), want)
	}
}

// Spot is told by name, in any case, or by number.
func TestInstance_Spot(t *testing.T) {
	t.Parallel()
	for charge, want := range map[string]bool{"Spot": true, "SPOT": true, "810": true, "": false, "Monthly": false, "8101": false, "Spots": false} {
		equal(t, charge, (&Instance{ChargeType: charge}).Spot(), want)
	}
}

func TestDecodeInstance_dayTwo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ raw, want string }{
		"documented": {kectest.DocumentedInstance, `false/null/null/""/0/[""]`},
		"all": {`{"InstanceId":"i","SriovNetSupport":"true","AutoDeleteEip":true,"IsDistributeIpv6":false,"DataGuardSet":[{"DataGuardId":"g-1","DataGuardName":"n"}],` +
			`"InstanceConfigure":{"DataDiskGb":50},"NetworkInterfaceSet":[{"PublicIp":"1.2.3.4","AllocationId":"eip-1"},{"allocationId":null}]}`,
			`true/true/false/"g-1"/50/["1.2.3.4" ""]`},
		"texts":       {`{"sriovNetSupport":"","autoDeleteEip":"false","isDistributeIPv6":"true","dataGuardSet":["g-2"]}`, `null/false/true/"g-2"/null/[]`},
		"Id":          {`{"SriovNetSupport":false,"DataGuardSet":[null,{},{"Id":"g-3"},"g-4"]}`, `false/null/null/"g-3"/null/[]`},
		"wrong shape": {`{"SriovNetSupport":{},"AutoDeleteEip":"x","IsDistributeIpv6":[],"DataGuardSet":"x"}`, `null/null/null/""/null/[]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := decodeInstance(json.RawMessage(tc.raw))
			opt := func(v any) string { b, _ := json.Marshal(v); return string(b) }
			eips := make([]string, len(in.NICs))
			for i, n := range in.NICs {
				eips[i] = n.PublicIP
			}
			equal(t, "instance", fmt.Sprintf("%s/%s/%s/%q/%s/%q", opt(in.SriovNetSupport), opt(in.AutoDeleteEIP), opt(in.DistributeIPv6), in.DataGuardID,
				opt(in.LocalDataDiskGB), eips), tc.want)
		})
	}
	at := time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)
	for given, want := range map[string]time.Time{
		"2026-03-02 18:30": at, "2026-03-02 18:30:00": at, "2026-03-02T10:30:00Z": at, "": {}, "0000-00-00 00:00": {}, "never": {},
	} {
		in := Instance{AutoDeleteTime: given}
		got, ok := in.AutoDeleteAt()
		equal(t, given, got, want)
		equal(t, given+" is a time", ok, !want.IsZero())
	}
}

func TestInstance_methods(t *testing.T) {
	t.Parallel()
	in := Instance{Created: "2026-03-02T09:14:05Z", RecyclingTime: "2026-03-02 18:20:00", NICs: []NIC{{ID: "a", Type: "extension"}, {ID: "b", Type: "primary"}}}
	created, _ := in.CreatedAt()
	recycling, _ := in.RecyclingAt()
	equal(t, "created", created, time.Date(2026, 3, 2, 9, 14, 5, 0, time.UTC))
	equal(t, "recycling", recycling, time.Date(2026, 3, 2, 10, 20, 0, 0, time.UTC))
	equal(t, "primary", in.PrimaryNIC().ID, "b")
	equal(t, "first", (&Instance{NICs: []NIC{{ID: "a"}}}).PrimaryNIC().ID, "a")
	if (&Instance{}).PrimaryNIC() != nil {
		t.Error("an interface out of nothing")
	}
	if _, ok := (&Instance{}).RecyclingAt(); ok {
		t.Error("a release out of nothing")
	}
}

// A release is announced ten minutes ahead, so that its time says in which zone it is written, if
// that is one of the two in which KEC writes times.
func TestDescribeInstances_releaseTimeInEitherZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	for written, want := range map[string]string{
		"2026-03-03 04:10:00":       "2026-03-02T20:10:00Z", // UTC+8, as assumed
		"2026-03-02T20:10:00Z":      "2026-03-02T20:10:00Z",
		"2026-03-02 20:10:00":       "2026-03-02T20:10:00Z", // UTC without a zone
		"2026-03-03T04:10:00Z":      "2026-03-02T20:10:00Z", // UTC+8 with a Z
		"2026-03-03T04:10:00+08:00": "2026-03-02T20:10:00Z",
		"2026-03-02 19:50:00":       "2026-03-02T19:50:00Z", // UTC, some minutes ago
		"2026-03-02 20:59:59":       "2026-03-02T20:59:59Z",
		"2026-03-02 21:00:00":       "2026-03-02T13:00:00Z", // far off in either zone: as written
		"2026-03-03 07:59:00":       "2026-03-02T23:59:00Z",
		"2026-03-09 04:10:00":       "2026-03-08T20:10:00Z",
		"soon":                      "",
		"":                          "",
	} {
		s := &script{Answer: func(int, sent) reply {
			return ok(fmt.Sprintf(`{"InstancesSet":[{"InstanceId":"i-0000","SpotRecyclingTime":%q}]}`, written))
		}}
		c, _ := client(t, s, ksyun.WithClock(func() time.Time { return now }, nil))
		got, err := c.DescribeInstances(t.Context(), ids(1), nil)
		if err != nil {
			t.Fatal(err)
		}
		at, told := got[0].RecyclingAt()
		said := ""
		if told {
			said = at.Format(time.RFC3339)
		}
		equal(t, written, said, want)
	}
}

func TestDescribeInstances_chunksAndFilters(t *testing.T) {
	t.Parallel()
	s := &script{Answer: func(_ int, one sent) reply {
		var got []string
		for i := 1; one.Form.Has(fmt.Sprintf("InstanceId.%d", i)); i++ {
			got = append(got, one.Form.Get(fmt.Sprintf("InstanceId.%d", i)))
		}
		return set("active", append(got, "i-foreign")...)
	}}
	c, _ := client(t, s)
	project := int64(42)
	got, err := c.DescribeInstances(t.Context(), ids(230), &project)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "instances", len(got), 230)
	equal(t, "requests", len(s.Got), 3)
	equal(t, "last id of a chunk", s.Got[0].Form.Get("InstanceId.100"), "i-0099")
	equal(t, "no more", s.Got[0].Form.Has("InstanceId.101") || s.Got[0].Form.Has("InstanceId.0"), false)
	equal(t, "project", s.Got[0].Form.Get("ProjectId.1"), "42")
	equal(t, "page size", s.Got[0].Form.Get("MaxResults"), "1000")
	if _, err := c.DescribeInstances(t.Context(), []string{"a", ""}, nil); err == nil {
		t.Error("an empty id lists everything")
	}
}

func TestDescribeInstances_pages(t *testing.T) {
	t.Parallel()
	all := ids(2500)
	for name, tc := range map[string]struct {
		served, count, requests int // served per page; count 0 is absent, -1 the page's
	}{
		"total":        {1000, 2500, 3},
		"count absent": {1000, 0, 3},
		"page's count": {1000, -1, 3},
		"small pages":  {400, 2500, 7},
		"ignores page": {-1, 2500, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{Answer: func(_ int, one sent) reply {
				var from int
				_, _ = fmt.Sscan(one.Form.Get("Marker"), &from)
				to := min(from+tc.served, len(all))
				if tc.served < 0 {
					from, to = 0, 1000
				}
				var body struct {
					InstanceCount any `json:",omitempty"`
					InstancesSet  []map[string]string
				}
				body.InstancesSet = []map[string]string{}
				for _, id := range all[min(from, to):to] {
					body.InstancesSet = append(body.InstancesSet, map[string]string{"InstanceId": id})
				}
				switch tc.count {
				case 0:
				case -1:
					body.InstanceCount = len(body.InstancesSet)
				default:
					body.InstanceCount = tc.count
				}
				b, _ := json.Marshal(body)
				return ok(string(b))
			}}
			c, _ := client(t, s)
			got, err := c.DescribeInstances(t.Context(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := 2500
			if tc.served < 0 {
				want = 1000
			}
			equal(t, "instances", len(got), want)
			equal(t, "requests", len(s.Got), tc.requests)
		})
	}
}

func FuzzDecodeInstance(f *testing.F) {
	for _, s := range []string{kectest.DocumentedInstance, `{}`, `null`, `[]`, `{"InstanceId":7,"DataDisks":[1,"x",{}],"InstanceState":"active"}`,
		`{"instanceId":"i","spotPriceLimit":"1e999999999"}`, `{"InstanceId":"i","NetworkInterfaceSet":[{"GroupSet":[{}]}],"KeySet":[[]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := decodeInstance(raw)
		_, _ = in.CreatedAt()
		_, _ = in.RecyclingAt()
		_, _ = in.AutoDeleteAt()
		_ = in.PrimaryNIC()
		if !json.Valid(raw) && in.ID != "" {
			t.Errorf("%q: an id out of no JSON: %q", raw, in.ID)
		}
	})
}
