package spotinstance

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// dice makes valid models: what a user could write, each attribute or not.
type dice struct{ *rand.Rand }

func (d dice) maybe() bool { return d.IntN(2) == 0 }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

func (d dice) some(from ...string) []string {
	d.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:1+d.IntN(len(from))]
}

func (d dice) model(now time.Time) model {
	text := types.StringValue
	var m model
	m.InstanceType, m.ImageID = text(pick(d, "N3.2B", "N3.4B", "E1.2B", "N2.2B")), text(pick(d, kecsim.ImageUbuntu, kecsim.ImageCustom))
	m.SubnetID = text(pick(d, kecsim.SubnetA, kecsim.SubnetB))
	m.SecurityGroupIDs = tfvalue.TextSet(d.some(kecsim.SecurityGroup, kecsim.SecurityGroup2))
	m.KeyIDs, m.TagsAll = types.SetNull(types.StringType), types.MapNull(types.StringType)
	m.SystemDisk, m.DataDisks, m.SecondaryNICs = systemDisks.NullObject(), dataDisks.NullList(), secondaryNICs.NullList()
	m.SpotStrategy = text("SpotAsPriceGo")
	if d.maybe() {
		limit := decimal.New(10000+d.Int64N(1000), -5) // between every market price and every on-demand price of the world
		m.SpotStrategy, m.SpotPriceLimit = text("SpotWithPriceLimit"), tfvalue.Number(&limit)
	}
	if d.maybe() {
		m.PrivateIPAddress = text(fmt.Sprintf("10.7.%d.%d", map[string]int{kecsim.SubnetA: 0, kecsim.SubnetB: 1}[m.SubnetID.ValueString()], 100+d.IntN(100)))
	}
	if d.maybe() {
		m.SystemDisk = systemDisks.Object(wizard.SystemDisk{Type: text(pick(d, "SSD3.0", "EHDD")), SizeGiB: types.Int64Value(40 + d.Int64N(460))})
	}
	if n := d.IntN(4); n > 0 {
		disks := make([]wizard.DataDisk, n)
		for i := range disks {
			disks[i] = wizard.DataDisk{Type: text(pick(d, "SSD3.0", "EHDD")), SizeGiB: types.Int64Value(10 + d.Int64N(5)), DeleteWithInstance: types.BoolValue(d.maybe())}
			if d.maybe() {
				disks[i].SnapshotID = text("snapshot")
			}
		}
		m.DataDisks = dataDisks.List(disks)
	}
	if n := d.IntN(3); n > 0 {
		nics := make([]wizard.SecondaryNIC, n)
		for i := range nics {
			nics[i] = wizard.SecondaryNIC{SubnetID: m.SubnetID, SecurityGroupIDs: tfvalue.TextSet(d.some(kecsim.SecurityGroup, kecsim.SecurityGroup2))}
		}
		m.SecondaryNICs = secondaryNICs.List(nics)
	}
	d.fill(&m, now)
	return m
}

// fill sets what comes after the disks and the network in the wizard.
func (d dice) fill(m *model, now time.Time) {
	text := types.StringValue
	switch d.IntN(4) {
	case 0:
		m.PasswordWO, m.PasswordWOVersion = text("Correct-Horse-1"), types.Int64Value(d.Int64())
	case 1:
		m.KeyIDs = tfvalue.TextSet(d.some(kecsim.KeyA, kecsim.KeyB))
	case 2:
		m.ImageID, m.KeepImageLogin = text(kecsim.ImageCustom), types.BoolValue(true)
	}
	if d.maybe() {
		m.InstanceName = text(pick(d, "worker-1", "工人 一", "a b+c~*%&=", strings.Repeat("x", 64)))
	}
	if d.maybe() {
		m.HostName = text(pick(d, "worker-1", "a-", strings.Repeat("x", 64)))
	}
	if d.maybe() {
		m.ProjectID = types.Int64Value(pick(d, kecsim.ProjectDefault, kecsim.ProjectB))
	}
	if n := d.IntN(5); n > 0 {
		tags := map[string]attr.Value{}
		for range n {
			tags[pick(d, "env", "团队", "a.b/c", "ks", "K S")] = text(pick(d, "", "prod", "搜索", "a b+c~*%&=", strings.Repeat("y", 255)))
		}
		m.TagsAll = types.MapValueMust(types.StringType, tags)
	}
	switch d.IntN(3) {
	case 0:
		m.UserData = text(pick(d, "#!/bin/sh\necho 你好\n", "a=b&c=d+e", strings.Repeat("z", 16384)))
	case 1:
		m.UserDataBase64 = text(base64.StdEncoding.EncodeToString([]byte{0xff, 0xfe, byte(d.IntN(256))}))
	}
	if d.maybe() {
		m.SriovNetSupport, m.DistributeIPv6 = types.BoolValue(d.maybe()), types.BoolValue(d.maybe())
	}
	if d.maybe() {
		m.IAMRoleName, m.DataGuardID = text("reader"), text("guard-1")
	}
	if d.maybe() {
		at := now.Add(time.Duration(31+d.IntN(10000)) * time.Minute).In(time.FixedZone("", d.IntN(24)*3600-12*3600)).Truncate(time.Minute)
		m.AutoDeleteTime, m.AutoDeleteEIP = text(at.Format(time.RFC3339)), types.BoolValue(d.maybe())
	}
	if d.maybe() {
		m.DeletionProtection = types.BoolValue(d.maybe())
	}
}

// For any valid model, what comes back from KEC is what was asked for, and the
// attribute behind every parameter can be named.
func TestProperty_whatIsAskedForComesBack(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		ksyun.WithEndpoints(ksyun.Endpoints{KEC: server.URL, Trade: server.URL, VPC: server.URL, Tag: server.URL, IAM: server.URL}),
		ksyun.WithRate(0), ksyun.WithClock(sim.Now, sim.Sleep))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		asked := dice{rand.New(rand.NewPCG(seed, 0))}.model(sim.Now())
		params := asked.params()
		request, err := params.Encode()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for name := range request {
			fixed := name == "ChargeType" || name == "MinCount" || name == "MaxCount" || name == "SyncTag"
			if _, found := params.Locate(name); found == fixed {
				t.Errorf("seed %d: Locate(%s) found: %t", seed, name, found)
			}
		}
		run := client.RunInstances(t.Context(), request)
		if run.Err != nil {
			t.Fatalf("seed %d: %v", seed, run.Err)
		}
		in, err := machines.New(client).WaitActive(t.Context(), run.IDs[0], asked.project())
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		tags, err := client.ListTagsByResourceIds(t.Context(), in.ID)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}

		created := asked
		created.refresh(wizard.NewLook(in, nil))
		created.TagMaps.Refresh(tags[in.ID], nil)
		same(t, seed, "created", asked, created, nil)

		var imported model
		imported.ID, imported.SecurityGroupIDs, imported.KeyIDs = types.StringValue(in.ID), types.SetNull(types.StringType), types.SetNull(types.StringType)
		imported.refresh(wizard.NewImport(in))
		imported.TagMaps.Refresh(tags[in.ID], nil)
		same(t, seed, "imported", asked, imported, func(l param.Line) bool {
			return imported.params().Prior(l).Unsure() || l.Path.String() == "password_wo" || l.Path.String() == "deletion_protection"
		})
		sim.Release(in.ID)
	}
}

// same compares every line that was asked for.
func same(t *testing.T, seed uint64, how string, asked, got model, except func(param.Line) bool) {
	t.Helper()
	have := map[string]attr.Value{}
	for _, l := range got.params() {
		have[l.Path.String()] = l.Value
	}
	for _, l := range asked.params() {
		if l.Value == nil || l.Value.IsNull() || len(l.Path.Steps()) == 0 || except != nil && except(l) {
			continue
		}
		if v, ok := have[l.Path.String()]; !ok || !v.Equal(l.Value) {
			t.Errorf("seed %d, %s: %s is %v, asked for %s", seed, how, l.Path, v, l.Value)
		}
	}
}
