// Terraform-provider-kec serves the kec provider: Spot Instances of Kingsoft
// Cloud Elastic Compute.
package main

import (
	"flag"
	"fmt"
	"log"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// version is set by the build: such as 0.1.0+0123456789ab, where the commit comes after the plus.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve until interrupted and print how a CLI can attach, for debuggers")
	show := flag.Bool("version", false, "print the version and the commit, and exit")
	flag.Parse()
	if *show {
		fmt.Println("terraform-provider-kec", version)
		return
	}
	if err := provider.Serve(version, *debug); err != nil {
		log.Fatal(err)
	}
}
