package spotinstance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func str(s any) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func strMap(pairs ...string) tftypes.Value {
	all := map[string]tftypes.Value{}
	for pair := range slices.Chunk(pairs, 2) {
		all[pair[0]] = str(pair[1])
	}
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, all)
}

// titles is the display names of a list, and what was said instead or beside them.
func titles(results func(func(tfprotov6.ListResourceResult) bool)) (names, said []string) {
	for r := range results {
		said = append(said, acctest.Said(r.Diagnostics)...)
		if r.DisplayName != "" {
			names = append(names, r.DisplayName)
		}
	}
	return names, said
}

func spotNamed(sim *kecsim.Server, name string, change func(*kecsim.Instance)) string {
	in := kecsim.Instance{Name: name, ChargeType: "Spot"}
	if change != nil {
		change(&in)
	}
	return sim.AddInstance(in)
}

func TestList_filters(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	web := spotNamed(sim, "web", func(in *kecsim.Instance) { in.Tags = map[string]string{"team": "search"} })
	db := spotNamed(sim, "db", func(in *kecsim.Instance) { in.Type, in.SubnetID, in.State = "N3.4B", kecsim.SubnetB, "stopped" })
	far := spotNamed(sim, "far", func(in *kecsim.Instance) { in.ProjectID = kecsim.ProjectB })
	sim.AddInstance(kecsim.Instance{Name: "monthly", ChargeType: "Monthly"})
	sim.Reclaim(far)
	p := acctest.NewProtocol(t, sim, nil)
	webTitle, dbTitle, farTitle := "web ("+web+")", "db ("+db+")", "far ("+far+")"
	for _, c := range []struct {
		filter map[string]tftypes.Value
		want   []string
	}{
		{nil, []string{webTitle, dbTitle, farTitle}},
		{map[string]tftypes.Value{"availability_zone": str("CN-beijing-6b")}, []string{dbTitle}},
		{map[string]tftypes.Value{"instance_type": str("n3.4b")}, []string{dbTitle}},
		{map[string]tftypes.Value{"state": str("active")}, []string{webTitle, farTitle}},
		{map[string]tftypes.Value{"tags": strMap("team", "search")}, []string{webTitle}},
		{map[string]tftypes.Value{"project_id": tftypes.NewValue(tftypes.Number, kecsim.ProjectB)}, []string{farTitle}},
		{map[string]tftypes.Value{"name_regex": str("^(db|far)$")}, []string{dbTitle, farTitle}},
		{map[string]tftypes.Value{"being_reclaimed": tftypes.NewValue(tftypes.Bool, true)}, []string{farTitle}},
		{map[string]tftypes.Value{"name_regex": str("none")}, nil},
	} {
		names, said := titles(p.List(t.Context(), t, c.filter, 0, false))
		if !slices.Equal(names, c.want) || len(said) > 0 {
			t.Errorf("%v lists %q, want %q, and says %q", c.filter, names, c.want, said)
		}
	}
	if n := sim.Count("ListTagsByResourceIds"); n != 1 {
		t.Errorf("tags were asked for %d times, want 1: no other list needs them", n)
	}
	resp, err := p.Server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: "kec_spot_instance",
		Config: acctest.Dynamic(t, p.Schemas.ListResourceSchemas["kec_spot_instance"], map[string]tftypes.Value{"name_regex": str("[")})})
	if got := acctest.Said(resp.Diagnostics); err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "ERROR Not a regular expression | error parsing regexp: missing closing ]: `[`.") {
		t.Errorf("said %q, %v", got, err)
	}
}

// A listed resource is what an import and the refresh after it would read, tags and nulls included.
func TestList_wholeResource(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	id := spotNamed(sim, "web", func(in *kecsim.Instance) {
		in.SpotPriceLimit, in.KeyIDs, in.PublicIP = "0.12345", []string{kecsim.KeyA}, "203.0.113.200"
		in.DataDisks = []kecsim.Disk{{Type: "SSD3.0", SizeGB: 50}, {Type: "EHDD", SizeGB: 100, DeleteWithInstance: true}}
		in.Tags = map[string]string{"team": "search", "env": "prod", "kec-launch-mark": "0123", "kec-fleet-id": "f-1", "ksc:x": "y"}
	})
	p := acctest.NewProtocol(t, sim, map[string]tftypes.Value{"default_tags": strMap("env", "prod")})
	const name = "kec_spot_instance"
	imported, err := p.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
	if err != nil || len(imported.ImportedResources) != 1 {
		t.Fatal(err, imported)
	}
	one := imported.ImportedResources[0]
	read, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: one.State, CurrentIdentity: one.Identity, Private: one.Private})
	if err != nil || len(read.Diagnostics) > 0 {
		t.Fatal(err, read)
	}
	var results []tfprotov6.ListResourceResult
	for r := range p.List(t.Context(), t, nil, 0, true) {
		results = append(results, r)
	}
	if len(results) != 1 || len(results[0].Diagnostics) > 0 {
		t.Fatal(results)
	}
	object := p.Schemas.ResourceSchemas[name].ValueType()
	want, _ := read.NewState.Unmarshal(object)
	if got, err := results[0].Resource.Unmarshal(object); err != nil || !got.Equal(want) {
		diffs, _ := got.Diff(want)
		t.Errorf("listed %v, %v; differs from the import by %v", got, err, diffs)
	}
	of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"region": tftypes.String, "id": tftypes.String}}
	identity := tftypes.NewValue(of, map[string]tftypes.Value{"region": str(kecsim.Region), "id": str(id)})
	if got, err := results[0].Identity.IdentityData.Unmarshal(of); err != nil || !got.Equal(identity) {
		t.Errorf("the identity is %v, %v", got, err)
	}
}

// A limit, and a consumer that has enough, end the requests too.
func TestList_endsEarly(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SetSubnetFree(kecsim.SubnetA, 0)
	for i := range 1200 {
		spotNamed(sim, fmt.Sprintf("worker-%04d", i), nil)
	}
	p := acctest.NewProtocol(t, sim, nil)
	for _, c := range []struct {
		name               string
		limit              int64
		take               int
		filter             map[string]tftypes.Value
		found, pages, tags int
		size               string
		whole              bool // the resource is asked for, and so are tags
	}{
		{"all", 0, 10_000, nil, 1200, 2, 0, "1000", false},
		{"a limit", 120, 10_000, nil, 120, 1, 2, "120", true},
		{"a limit above a page", 1100, 10_000, nil, 1100, 2, 0, "1000", false},
		{"a limit, by name", 2, 10_000, map[string]tftypes.Value{"name_regex": str("9$")}, 2, 1, 1, "1000", true},
		{"enough", 0, 3, nil, 3, 1, 10, "1000", true},
		{"the first", 1, 1, nil, 1, 1, 1, "5", true},
	} {
		pages, tags, n := sim.Count("DescribeInstances"), sim.Count("ListTagsByResourceIds"), 0
		for r := range p.List(t.Context(), t, c.filter, c.limit, c.whole) {
			if len(r.Diagnostics) > 0 || (r.Resource != nil) != c.whole {
				t.Fatal(acctest.Said(r.Diagnostics))
			}
			if n++; n == c.take {
				break
			}
		}
		var last kecsim.Call
		for _, call := range sim.Calls() {
			if call.Action == "DescribeInstances" {
				last = call
			}
		}
		pages, tags = sim.Count("DescribeInstances")-pages, sim.Count("ListTagsByResourceIds")-tags
		if n != c.found || pages != c.pages || tags != c.tags || last.Params.Get("MaxResults") != c.size {
			t.Errorf("%s: %d machines by %d pages of %s and %d requests for tags, want %d, %d, %s and %d",
				c.name, n, pages, last.Params.Get("MaxResults"), tags, c.found, c.pages, c.size, c.tags)
		}
	}
}

// When the CLI is interrupted, the list ends with a word about it and nothing more is asked. The
// bubble sees that no goroutine stays behind, nor one of a list that nobody reads on.
func TestList_interrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := kecsim.New()
		sim.SetSubnetFree(kecsim.SubnetA, 0)
		for i := range 1010 {
			spotNamed(sim, fmt.Sprintf("worker-%04d", i), nil)
		}
		p := acctest.NewProtocol(t, sim, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		listed, said := 0, []string(nil)
		for r := range p.List(ctx, t, nil, 0, false) {
			said = append(said, acctest.Said(r.Diagnostics)...)
			if r.DisplayName != "" {
				listed++
			}
			if listed == 10 {
				cancel()
			}
		}
		// What is read already is handed over; the second page is not asked for.
		if asked := sim.Count("DescribeInstances"); listed != 1000 || len(said) != 1 || !strings.HasPrefix(said[0], "ERROR Interrupted | ") || asked != 1 {
			t.Errorf("%d machines by %d requests, and %q", listed, asked, said)
		}
	})
}

func TestList_whatItMayNot(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	here := spotNamed(sim, "here", nil)
	spotNamed(sim, "far", func(in *kecsim.Instance) { in.ProjectID = kecsim.ProjectB })
	sim.DenyAction("iam", "GetAccountAllProjectList", true)
	p := acctest.NewProtocol(t, sim, nil)
	names, said := titles(p.List(t.Context(), t, nil, 0, false))
	if want := []string{"here (" + here + ")"}; !slices.Equal(names, want) || len(said) != 1 || said[0] != "WARNING Only machines of the default project are listed | "+
		"KEC does not tell the projects of the account (GetAccountAllProjectList), so machines of other projects are missing.\n\n"+
		"Give the keys the permission for GetAccountAllProjectList of iam, or set project_id to list one project." {
		t.Errorf("lists %q and says %q", names, said)
	}
	sim.DenyAction("tagv2", "ListTagsByResourceIds", true)
	names, said = titles(p.List(t.Context(), t, nil, 0, true))
	if len(names) > 0 || len(said) != 2 || !strings.HasPrefix(said[1], "ERROR KEC refused access | ") || !strings.Contains(said[1], "ListTagsByResourceIds") {
		t.Errorf("lists %q and says %q", names, said)
	}

	p = acctest.NewProtocol(t, sim, map[string]tftypes.Value{"region": str(tftypes.UnknownValue)})
	names, said = titles(p.List(t.Context(), t, nil, 0, true))
	if len(names) > 0 || !slices.Equal(said, []string{"ERROR The spot instance cannot be listed yet | KEC cannot be asked: the provider's region is known only after apply. " +
		"Nothing was done.\n\nGive it a known value, or apply first what it comes from (-target)."}) {
		t.Errorf("lists %q and says %q", names, said)
	}
}
