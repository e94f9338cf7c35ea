// Terraform-provider-kec serves the kec provider: Spot Instances of Kingsoft
// Cloud Elastic Compute.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve until interrupted and print how a CLI can attach, for debuggers")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/kingsoftcloud/kec",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
