package main

import (
	"os"
	"strings"
	"testing"
)

func TestWant_check(t *testing.T) {
	t.Parallel()
	const framed = "\x1b[31m╷\x1b[0m\n│ \x1b[31mError: \x1b[0mOut of stock: 1 wanted, 0\n│ available\n╵\n"
	want := want{code: 1, says: []string{"Error: Out of stock: 1 wanted, 0 available"}, alive: 3}
	for _, test := range []struct {
		name   string
		code   int
		output string
		alive  int
		wrong  []string
	}{
		{"as announced, wrapped, framed and coloured", 1, framed, 3, nil},
		{"exit code", 0, framed, 3, []string{"expected exit code 1, got 0"}},
		{"silence", 1, "", 3, []string{"expected the output to say: Error: Out of stock"}},
		{"left behind", 1, framed, 4, []string{"expected 3 instances at KEC, got 4"}},
		{"everything", 2, "Error", 0, []string{"exit code 1, got 2", "Out of stock", "3 instances at KEC, got 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := want.check(test.code, test.output, test.alive)
			if (err != nil) != (test.wrong != nil) {
				t.Fatalf("got %v", err)
			}
			for _, fragment := range test.wrong {
				if !strings.Contains(err.Error(), fragment) {
					t.Errorf("%q does not say %q", err, fragment)
				}
			}
		})
	}
}

func TestLineOf(t *testing.T) {
	t.Parallel()
	const hcl = "resource \"a\" \"b\" {\n  # size = 1\n  size   = 2\n  kind = 3\n  kind = 4\n}\n"
	if got, err := lineOf(hcl, "size"); got != 3 || err != nil {
		t.Errorf("got %d, %v; want 3", got, err)
	}
	for _, name := range []string{"kind", "name"} {
		if got, err := lineOf(hcl, name); err == nil {
			t.Errorf("%s: got %d, want an error", name, got)
		}
	}
}

// The demo edits the example as a user would: it must find its way in it.
func TestExample(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		data, err := os.ReadFile("../../../examples/demo/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, name := range []string{"instance_type", "spot_price_limit", "order_id"} {
		if _, err := lineOf(read("main.tf"), name); err != nil {
			t.Error(err)
		}
	}
	before := read("terraform.tfvars")
	after, err := withWorker(before, "x = {}")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Replace(after, "  x = {}\n", "", 1) != before || !strings.Contains(after, "\n  x = {}\n}\n") {
		t.Errorf("got\n%s", after)
	}
	if _, err := withWorker("workers = {}\n", "x = {}"); err == nil {
		t.Error("a map in one line was accepted")
	}
}
