package conform

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// planted are ten ways in which a service may differ from the facts: the fact, the action, and what
// stands in its answers instead of what.
var planted = []struct {
	fact          int
	action        string
	was, is       string
	observedToRow string // what the row of the fact says in the end
}{
	{31, "QueryOrderInfo", `"Code":"`, `"Type":"Sender","Code":"`, "RequestId and Error with Type, Code, Message, not RequestId and Error with Code, Message. Before: Trade's error has no `Type`"},
	{101, "DescribeSubnets", `"AvailableIpNumber":"(\d+)"`, `"AvailableIpNumber":$1`, "AvailableIpNumber is a number, not AvailableIpNumber is a text. Before: Free addresses"},
	{150, "StopInstances", `Messgae`, `Message`, "200, without InstancesSet.Messgae, not 200 with InstanceId, Return, Messgae. Before: `StartInstances`"},
	{154, "ModifyInstanceAutoDeleteTime", `"Return":"true"`, `"Return":true`, `200, Return true, not 200, Return "true". Before: `},
	{161, "TerminateInstances", `InstanceResourceProtected`, `OperationDenied.Protect`, "400 OperationDenied.Protect, not 400 InstanceResourceProtected. Before: Placeholder"},
	{162, "QueryOrderInfo", `OrderNotExist`, `OrderNotFound`, "400 OrderNotFound, not 400 OrderNotExist. Before: Placeholder"},
	{163, "DescribeAvailabilityZones", `InvalidAccessKeyId`, `AccessKeyNotFound`, "403 AccessKeyNotFound, not 403 InvalidAccessKeyId. Before: Placeholders"},
	{164, "RunInstances", `DryRunOperation`, `DryRun.Succeeded`, "412 DryRun.Succeeded, not 412 DryRunOperation. Before: Placeholder"},
	{196, "DescribeInstances", `"SpotRecyclingTime":""`, `"SpotRecyclingTime":"-"`, `"-", not empty. Before: `},
	{197, "DescribeInstances", `"Marker":0`, `"Marker":10`, "Marker 10, not Marker 0. Before: "},
}

// plant is a simulator that differs from the facts.
func plant(sim *kecsim.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		action := r.URL.Query().Get("Action")
		sim.ServeHTTP(answer, r)
		body := answer.Body.String()
		for _, d := range planted {
			if d.action == action {
				body = regexp.MustCompile(d.was).ReplaceAllString(body, d.is)
			}
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write([]byte(body))
	})
}

// apply applies a patch to the list of facts with git, and returns what it has become.
func apply(t *testing.T, patch string) string {
	t.Helper()
	text, _ := listedFacts(t)
	dir := t.TempDir()
	for name, content := range map[string]string{"docs/notes/api-facts.md": text, "conform.patch": patch} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"apply", "--check", "conform.patch"}, {"apply", "conform.patch"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s\n%s", args, err, out, patch)
		}
	}
	now, err := os.ReadFile(filepath.Join(dir, "docs/notes/api-facts.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(now)
}

// rowOf is the row of a fact on the page.
func rowOf(text string, fact int) string {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "| "+numbers([]int{fact})+" |") {
			return line
		}
	}
	return ""
}

func TestRun_findsTenPlantedDifferences(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	report, err := Run(t.Context(), against(t, sim, plant(sim)))
	if err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, sim)
	var differ, want []int
	for _, r := range report.Results {
		if r.Verdict == Differs {
			differ = append(differ, r.Facts...)
		}
	}
	slices.Sort(differ)
	differ = slices.Compact(differ)
	for _, d := range planted {
		want = append(want, d.fact)
	}
	if !slices.Equal(differ, want) {
		t.Errorf("facts that differ\n got %v\nwant %v", differ, want)
	}
	if err := report.Err(); err == nil || !strings.HasPrefix(err.Error(), "10 checks differ from the facts and 0 have no answer, of ") {
		t.Errorf("error %v", err)
	}
	before, _ := listedFacts(t)
	patch := report.Patch("docs/notes/api-facts.md", before, "2026-11-27", false)
	if n := len(regexp.MustCompile(`(?m)^\+\|`).FindAllString(patch, -1)); n != len(planted) {
		t.Errorf("the patch has %d lines:\n%s", n, patch)
	}
	now := apply(t, patch)
	for _, d := range planted {
		row := rowOf(now, d.fact)
		if !strings.Contains(row, "**Corrected, seen on 2026-11-27 at "+report.Host+"**: ") || !strings.Contains(row, d.observedToRow) {
			t.Errorf("fact %d was corrected to\n%s\nwithout %s", d.fact, row, d.observedToRow)
		}
	}
}

// At KEC itself, what is assumed and holds is documented. What sources state stays as it is.
func TestPatch_documentsWhatWasAssumed(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	report, err := Run(t.Context(), against(t, sim, sim))
	if err != nil {
		t.Fatal(err)
	}
	report.Host = "kec.api.ksyun.com"
	before, facts := listedFacts(t)
	now := apply(t, report.Patch("docs/notes/api-facts.md", before, "2026-11-27", true))
	if again := report.Patch("docs/notes/api-facts.md", now, "2026-11-28", true); again != "" {
		t.Errorf("a second run documents the same once more:\n%s", again)
	}
	const seen = "seen on 2026-11-27 at kec.api.ksyun.com"
	for fact, want := range map[int]string{
		12: "so names look case-insensitive and a bare list name means index 1 **Documented, " + seen +
			"**: DescribeSubnets of subnetId without an index: that subnet alone | O | from PK, KJV, " + seen + " |",
		162: "| 162 | Placeholder `OrderNotExist`, HTTP 400: unknown order **Documented, " + seen +
			"**: trade QueryOrderInfo of an order that nobody has: 400 OrderNotExist |",
	} {
		if row := rowOf(now, fact); !strings.Contains(row, want) {
			t.Errorf("fact %d\n got %s\nwant %s", fact, row, want)
		}
	}
	changed := 0
	for _, fact := range facts {
		was, is := rowOf(before, fact), rowOf(now, fact)
		if was == is {
			continue
		}
		changed++
		if cells := strings.Split(was, " | "); len(cells) > 2 && !strings.Contains(cells[2], "I") {
			t.Errorf("fact %d was stated by a source already: %s", fact, is)
		}
	}
	if changed < 40 {
		t.Errorf("only %d rows changed", changed)
	}
}
