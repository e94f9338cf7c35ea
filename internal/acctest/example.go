package acctest

import (
	"os"
	"path/filepath"
	"testing"
)

// Example is a file below examples/, as a user reads it. The test's package is one folder
// below internal/.
func Example(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
