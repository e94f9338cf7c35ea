package rehearsal

import (
	"slices"
	"testing"
)

func TestCleanEnvironment(t *testing.T) {
	t.Parallel()
	got := CleanEnvironment([]string{
		"PATH=/bin", "KSYUN_SECRET_KEY=real", "KEC_ENDPOINT=https://real", "TF_LOG=TRACE", "TF_CLI_CONFIG_FILE=/none", "TFX=1", "HOME=/home/u",
	})
	if want := []string{"PATH=/bin", "TFX=1", "HOME=/home/u"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
