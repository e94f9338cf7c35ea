package chaos

import "testing"

// The race detector makes these tests seven times as long. So make test runs them twice: with the
// detector on few cases, which is enough for it, and without it on all.

// cases is how many cases are tried with the race detector, and without it.
func cases(racy, plain int) int {
	if racing {
		return racy
	}
	return plain
}

// withoutRace skips a test under the race detector: it has many cases, one after the other, or what
// it does at once another test does with the detector on.
func withoutRace(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("runs without the race detector: go test -run '" + t.Name() + "' ./internal/chaos")
	}
}
