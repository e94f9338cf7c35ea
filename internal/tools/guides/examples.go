package main

import (
	_ "embed"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed machines.md
var machinesText string

//go:embed market.md
var marketText string

//go:embed spot-fleets.md
var spotFleetsText string

//go:embed rehearsing.md
var rehearsingText string

//go:embed getting-started.md
var gettingStartedText string

//go:embed pipelines.md
var pipelinesText string

//go:embed migrating.md
var migratingText string

// placeholder is where a page quotes a file of an example.
var placeholder = regexp.MustCompile(`(?m)^\{\{example (\S+)\}\}$`)

// withExamples is a page with the files that it quotes, as they stand below the folder of examples.
func withExamples(page, examples string) (string, error) {
	var failed error
	whole := placeholder.ReplaceAllStringFunc(page, func(place string) string {
		text, err := os.ReadFile(filepath.Join(examples, placeholder.FindStringSubmatch(place)[1]))
		if err != nil {
			failed = err
		}
		return strings.TrimSpace(string(text))
	})
	return whole, failed
}
