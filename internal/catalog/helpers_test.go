package catalog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// cases applies a data source for each of the arguments, all in one configuration, and compares
// what each tells. of is the data source of a name, and its output of the same name.
func cases(t *testing.T, env *acctest.Env, of func(name, arguments string) string, want map[string]string) {
	t.Helper()
	config, values := env.Block(""), map[string]string{}
	for i, arguments := range slices.Sorted(maps.Keys(want)) {
		name := fmt.Sprintf("case_%d", i)
		config += of(name, arguments)
		values[name] = strconv.Quote(want[arguments])
	}
	w := env.Workspace(t)
	w.Write(config)
	outputs(t, w, values)
	if t.Failed() {
		t.Log(config)
	}
}

// applied applies the configuration, and returns its outputs as JSON in one line, by name.
func applied(t *testing.T, w *acctest.Workspace) map[string]string {
	t.Helper()
	if r := w.Apply(); r.Code != 0 {
		t.Fatalf("the apply failed:\n%s", r.Raw)
	}
	var all map[string]struct{ Value json.RawMessage }
	if err := json.Unmarshal([]byte(w.CLI("output", "-no-color", "-json").Want(t, 0).Raw), &all); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for name, output := range all {
		var flat bytes.Buffer
		if err := json.Compact(&flat, output.Value); err != nil {
			t.Fatal(err)
		}
		values[name] = flat.String()
	}
	return values
}

// outputs applies the configuration and compares its outputs.
func outputs(t *testing.T, w *acctest.Workspace, want map[string]string) {
	t.Helper()
	got := applied(t, w)
	for name, value := range want {
		if got[name] != value {
			t.Errorf("output %s:\n got %s\nwant %s", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d outputs, want %d", len(got), len(want))
	}
}
