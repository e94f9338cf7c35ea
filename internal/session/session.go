// Package session holds what one configured provider shares with its resources and data sources.
package session

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
)

// Session is one configured provider: the client, and what its resources and data sources share
// beside it. While the provider's configuration is unknown, only DefaultTags is set.
type Session struct {
	API         *kec.Client // nil while the provider's configuration is unknown
	Machines    *machines.Client
	Preflight   *preflight.Check
	Explainer   *failure.Explainer
	Refusals    *failure.Refusals
	Region      string
	DefaultTags types.Map // as configured: the map, or values in it, may be unknown
}

// From returns the session in the data that the framework passes from the provider to a resource or
// a data source. The framework passes nil before the provider is configured, and From then returns
// an empty session. Data of another type is a mistake in the provider, and From adds an error that
// says so.
func From(providerData any, diags *diag.Diagnostics) *Session {
	switch data := providerData.(type) {
	case nil:
	case *Session:
		return data
	default:
		diags.AddError("The provider has passed on the wrong data", fmt.Sprintf(
			"It is a %T, and a %T is needed.\n\nThis is a mistake in the provider: please report it.", data, &Session{}))
	}
	return &Session{}
}
