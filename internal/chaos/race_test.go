//go:build race

package chaos

// racing tells whether the race detector is on.
const racing = true
