package chaos

import "testing"

// racing tells whether the race detector is on.
var racing bool

// withoutRace skips a test under the race detector, which makes it seven times as long: it goes
// through many cases one after the other, and make test runs it without the detector.
func withoutRace(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("runs without the race detector: go test -run '" + t.Name() + "' ./internal/chaos")
	}
}
