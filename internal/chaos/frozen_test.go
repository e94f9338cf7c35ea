package chaos

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// frozenFile holds the digests of the first histories, so that a change of the provider that should
// change no behaviour can show that it changes none: seed, then record.digest.
const frozenFile = "testdata/frozen.txt"

// frozenSteps is the length of the frozen histories.
const frozenSteps = 20

var (
	freeze  = flag.Bool("freeze", false, "write the digests of the histories that run into "+frozenFile)
	records = flag.String("records", "", "a folder for the whole records of the histories that run, to compare two versions line by line")
)

// frozen are the digests that histories had, and what has come of the comparison so far.
type frozen struct {
	mu         sync.Mutex
	digests    map[uint64]string
	held, same int
}

// thaw reads the digests.
func thaw(t *testing.T) *frozen {
	t.Helper()
	f := &frozen{digests: map[uint64]string{}}
	if *freeze || *stepCount != frozenSteps || tried {
		return f
	}
	file, err := os.Open(frozenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		number, digest, _ := strings.Cut(lines.Text(), " ")
		var seed uint64
		if _, err := fmt.Sscan(number, &seed); err != nil {
			t.Fatalf("%s: %q begins with no seed", frozenFile, lines.Text())
		}
		f.digests[seed] = digest
	}
	return f
}

// hold compares the record of a history with what it was when it was frozen.
func (f *frozen) hold(t *testing.T, seed uint64, r *record) {
	t.Helper()
	if *records != "" {
		if err := os.WriteFile(filepath.Join(*records, fmt.Sprintf("%05d.txt", seed)), []byte(r.String()), 0o600); err != nil {
			t.Error(err)
		}
	}
	got := r.digest()
	f.mu.Lock()
	defer f.mu.Unlock()
	if *freeze {
		f.digests[seed] = got
		return
	}
	want, ok := f.digests[seed]
	if !ok {
		return
	}
	f.held++
	if got == want {
		f.same++
		return
	}
	if f.held-f.same <= 10 {
		t.Errorf("seed %d: its requests, messages and states have the digest %s, and had %s when it was frozen: "+
			"the provider behaves differently (-args -records=DIR writes the whole records, here and in an older version)", seed, got, want)
	}
}

// close ends the comparison: it writes the digests, if that was asked for.
func (f *frozen) close(t *testing.T) {
	t.Helper()
	if n := f.held - f.same; n > 10 {
		t.Errorf("%d of %d frozen histories differ", n, f.held)
	}
	if !*freeze {
		return
	}
	var all strings.Builder
	for seed := *firstSeed; seed < *firstSeed+uint64(*histories); seed++ {
		fmt.Fprintf(&all, "%d %s\n", seed, f.digests[seed])
	}
	if err := os.WriteFile(frozenFile, []byte(all.String()), 0o600); err != nil {
		t.Error(err)
	}
}
