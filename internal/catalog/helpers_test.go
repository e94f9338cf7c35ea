package catalog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// example is the example of a data source, as a user reads it.
func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../examples/data-sources/" + name + "/data-source.tf")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// cases applies a data source for each of the arguments, all in one configuration, and compares what
// each tells. of is the data source of a name, and its output of the same name.
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

// outputs applies the configuration and compares its outputs, as JSON in one line.
func outputs(t *testing.T, w *acctest.Workspace, want map[string]string) {
	t.Helper()
	if r := w.Apply(); r.Code != 0 {
		t.Fatalf("the apply failed:\n%s", r.Raw)
	}
	var got map[string]struct{ Value json.RawMessage }
	if err := json.Unmarshal([]byte(w.CLI("output", "-no-color", "-json").Raw), &got); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		var flat bytes.Buffer
		if err := json.Compact(&flat, got[name].Value); err != nil {
			t.Errorf("output %s: %v", name, err)
		} else if flat.String() != value {
			t.Errorf("output %s:\n got %s\nwant %s", name, flat.String(), value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d outputs, want %d", len(got), len(want))
	}
}
