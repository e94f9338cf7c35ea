package main

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

// frozenFile is the schema as it was last looked at: a change of it, meant or not, shows in its
// diff.
const frozenFile = "testdata/provider.json"

// accepts is the command that freezes the schema as it is, for whoever has changed it on purpose.
const accepts = "go test ./internal/tools/schemajson -args -freeze accepts the change"

var freeze = flag.Bool("freeze", false, "write the schema into "+frozenFile)

func TestSchema_isAsItWasFrozen(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := run(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	if *freeze {
		if err := os.WriteFile(frozenFile, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(frozenFile)
	if err != nil {
		t.Fatal(err)
	}
	was, is := bytes.Split(want, []byte("\n")), bytes.Split(got.Bytes(), []byte("\n"))
	for i := range min(len(was), len(is)) {
		if !bytes.Equal(was[i], is[i]) {
			t.Fatalf("line %d of the schema is\n%s\nand was\n%s\n(%s)", i+1, is[i], was[i], accepts)
		}
	}
	if len(was) != len(is) {
		t.Fatalf("the schema has %d lines, and had %d (%s)", len(is), len(was), accepts)
	}
}
