// Terraform-provider-kec serves the kec provider: Spot Instances of Kingsoft
// Cloud Elastic Compute.
package main

import (
	"flag"
	"log"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve until interrupted and print how a CLI can attach, for debuggers")
	flag.Parse()
	if err := provider.Serve(version, *debug); err != nil {
		log.Fatal(err)
	}
}
