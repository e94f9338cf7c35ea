// Command schemajson prints the schema of the provider the way `terraform providers schema -json`
// does, for the documentation generator. It asks the provider server itself, so it needs neither a
// CLI nor a configuration.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schemajson:", err)
		os.Exit(1)
	}
}

// run writes the schema to out, indented.
func run(ctx context.Context, out io.Writer) error {
	schemas, err := describe(ctx, providerserver.NewProtocol6(provider.New("dev")())(), "kec")
	if err != nil {
		return err
	}
	compact, err := json.Marshal(schemas)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, compact, "", "  "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	_, err = indented.WriteTo(out)
	return err
}
