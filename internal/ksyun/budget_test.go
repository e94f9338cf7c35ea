package ksyun

import "testing"

// A client may be a hundred repetitions ahead. Two answered attempts pay for one more, and nothing
// is saved up beyond the hundred.
func TestBudget_spendAndEarn(t *testing.T) {
	t.Parallel()
	var b budget
	spent := func() (n int) {
		for b.spend() {
			n++
		}
		return n
	}
	for range 10 {
		b.earn() // before anything was spent
	}
	equal(t, "at first", spent(), 100)
	b.earn()
	equal(t, "after one answer", spent(), 0)
	b.earn()
	equal(t, "after the second", spent(), 1)
	for range 199 {
		b.earn()
	}
	equal(t, "after 199 more", spent(), 99)
}
