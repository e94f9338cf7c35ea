package session

import "testing"

// A zone is in a region if its name is the region's and letters.
func TestInRegion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, region string
		in           bool
		of           string
	}{
		{"cn-beijing-6a", "cn-beijing-6", true, "cn-beijing-6"}, {"CN-Beijing-6A", "cn-beijing-6", true, "cn-beijing-6"},
		{"cn-beijing-60a", "cn-beijing-6", false, "cn-beijing-60"}, {"cn-beijing-6", "cn-beijing-6", true, "cn-beijing-6"},
		{"cn-shanghai-2ab", "cn-beijing-6", false, "cn-shanghai-2"}, {"cn-beijing-6a", "cn-beijing", false, "cn-beijing-6"}, {"", "cn-beijing-6", false, ""},
	} {
		if in, of := inRegion(c.zone, c.region), RegionOf(c.zone); in != c.in || of != c.of {
			t.Errorf("%q is in %s: %t, and of %q", c.zone, c.region, in, of)
		}
	}
}
