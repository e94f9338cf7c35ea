// Package session holds what one configured provider shares with its resources and data sources.
package session

import (
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
)

// Session is one configured provider: the client, and what its resources and data sources share
// beside it. Until region, keys and endpoints are known, it holds only Preflight, Unknown and
// DefaultTags.
type Session struct {
	API         *kec.Client // nil until region, keys and endpoints are known
	Machines    *machines.Client
	Market      *market.Snapshot // of this run: each look-up is made once
	Preflight   *preflight.Check
	Explainer   *failure.Explainer
	Refusals    *failure.Refusals
	Lost        sync.Map // how many machines a refresh has found gone, by the id of their fleet
	Living      sync.Map // the machines that a plan keeps, by id; a forced replacement comes after that
	Region      string
	Here        Origin    // of what this session sees
	Unknown     []string  // the attributes of the provider block for which API waits
	DefaultTags types.Map // as configured: the map, or values in it, may be unknown

	proofs proofs
}

// MakeReady is the remedy for a session that is not ready.
const MakeReady = "Give it a known value, or apply first what it comes from (-target)."

// NotReady says why nothing can be asked of KEC, in words that go on a sentence: "the provider's
// region is known only after apply". It is "" where KEC can be asked.
func (s *Session) NotReady() string {
	switch n := len(s.Unknown); {
	case s.API != nil:
		return ""
	case n == 0:
		return "the provider is not configured"
	case n == 1:
		return "the provider's " + s.Unknown[0] + " is known only after apply"
	default:
		return "the provider's " + strings.Join(s.Unknown[:n-1], ", ") + " and " + s.Unknown[n-1] + " are known only after apply"
	}
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
