// Guides writes the guides, where the documentation generator looks for them: the
// page of the attributes of kec_spot_instance, from the schema, the page of
// failures, from their catalogue, the page about large fleets, with the
// benchmarks, and the pages that quote examples.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
)

// folder is below the root of the repository, where this program runs.
const folder = "build/templates/guides"

func main() {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		log.Fatal(err)
	}
	write := func(name, page string) {
		if err := os.WriteFile(filepath.Join(folder, name+".md"), []byte(page), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	write("spot-instance", spotInstance(spotinstance.Groups(context.Background())))
	write("failures", failures())
	page, err := fleets()
	if err != nil {
		log.Fatal(err)
	}
	write("fleets", page)
	for name, text := range map[string]string{
		"getting-started": gettingStartedText, "pipelines": pipelinesText, "migrating": migratingText,
		"machines": machinesText, "market": marketText, "spot-fleets": spotFleetsText, "rehearsing": rehearsingText,
	} {
		page, err := withExamples(text, "examples")
		if err != nil {
			log.Fatal(err)
		}
		write(name, page)
	}
}
