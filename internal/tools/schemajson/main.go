// Command schemajson prints the schema of the provider the way `terraform providers schema -json` does, for the
// documentation generator. It asks the provider server itself, so it needs neither a CLI nor a configuration.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "schemajson:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	schemas, err := describe(ctx, providerserver.NewProtocol6(provider.New("dev")())(), "kec")
	if err != nil {
		return err
	}
	compact, err := json.Marshal(schemas)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(os.Stdout)
	return err
}
