package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Origin is where a machine was last seen. What is asked elsewhere proves nothing about it: another
// region, account or endpoint does not show it, and it is alive all the same.
type Origin struct {
	Region   string `json:"region"`
	Endpoint string `json:"endpoint,omitempty"` // the host of the KEC service
	Key      string `json:"key,omitempty"`      // the fingerprint of the access key
	KeyEnd   string `json:"key_end,omitempty"`  // its last four characters, for messages
}

// OriginOf is the origin of what these keys show in a region. Neither the access key nor anything
// that it could be guessed from is kept: a fingerprint, and four characters of a long one.
func OriginOf(region, endpoint, accessKey string) Origin {
	sum := sha256.Sum256([]byte("kec access key " + accessKey))
	o := Origin{Region: region, Endpoint: endpoint, Key: hex.EncodeToString(sum[:8])}
	if len(accessKey) >= 12 {
		o.KeyEnd = accessKey[len(accessKey)-4:]
	}
	return o
}

// unknownKey begins the key of an origin of which no more is known than the machine.
const unknownKey = "unknown "

// Unknown tells whether it names no key but the machine itself.
func (o Origin) Unknown() bool { return strings.HasPrefix(o.Key, unknownKey) }

// Untold tells whether nothing tells with which keys a resource was seen that is to be ended. A CLI
// gives the deletion of a tainted one no private data, and keeps what a deletion that fails gives
// back. So its origin becomes an unknown one then, and is kept at once. It is one of its own: what
// is proven of one such resource says nothing of another.
func (o *Origin) Untold(ctx context.Context, id string, private PrivateWriter) (bool, diag.Diagnostics) {
	if o.Key != "" {
		return false, nil
	}
	o.Key = unknownKey + id
	return true, o.Keep(ctx, private)
}

// originKey holds an origin in the private state of a resource. No attribute tells: the zone is not
// known before KEC has shown the machine, and not every CLI keeps an identity.
const originKey = "origin"

// PrivateReader is the private state that a request of the framework has.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is the private state that an answer of the framework will have.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// OriginIn is the origin in the private state of a resource. It is empty where there is none or it
// cannot be read.
func OriginIn(ctx context.Context, private PrivateReader) (o Origin) {
	if raw, _ := private.GetKey(ctx, originKey); json.Unmarshal(raw, &o) != nil {
		return Origin{}
	}
	return o
}

// Keep puts the origin into the private state of a resource.
func (o Origin) Keep(ctx context.Context, private PrivateWriter) diag.Diagnostics {
	raw, err := json.Marshal(o)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The place of the resource cannot be noted", err.Error())}
	}
	return private.SetKey(ctx, originKey, raw)
}

// letters end the name of a zone, which begins with its region's.
const letters = "abcdefghijklmnopqrstuvwxyz"

// inRegion tells whether a zone is one of the region. cn-beijing-60a is not in cn-beijing-6.
func inRegion(zone, region string) bool {
	end, ok := strings.CutPrefix(strings.ToLower(zone), region)
	return ok && strings.Trim(end, letters) == ""
}

// RegionOf is the region of a zone, as far as its name tells: that of every known region ends in a
// digit.
func RegionOf(zone string) string { return strings.TrimRight(strings.ToLower(zone), letters) }

// KeyName names the access key in a sentence.
func (o Origin) KeyName() string {
	if o.KeyEnd == "" {
		return "an access key"
	}
	return "the access key that ends in " + o.KeyEnd
}

// proofs is what this process knows of the accounts behind origins other than its own.
type proofs struct {
	mu  sync.Mutex
	all map[account]*proof
}

// account is what an origin tells of the account.
type account struct{ endpoint, key string }

type proof struct {
	found  atomic.Bool            // the account is the provider's
	turn   chan struct{}          // holds one while somebody asks, so that the others can stop waiting
	asked  bool                   // the billing service
	region atomic.Pointer[string] // another one than the provider's, in which it has billed the machine
}

func (s *Session) proofOf(last Origin) *proof {
	s.proofs.mu.Lock()
	defer s.proofs.mu.Unlock()
	of := account{last.Endpoint, last.Key}
	if s.proofs.all[of] == nil {
		if s.proofs.all == nil {
			s.proofs.all = map[account]*proof{}
		}
		s.proofs.all[of] = &proof{turn: make(chan struct{}, 1)}
	}
	return s.proofs.all[of]
}

// Elsewhere is the other region or zone, with that word before it, where a resource is by its
// origin or, where that tells no region, by its zone. It is "" where neither tells of another one
// than the provider's, and while the provider is not ready.
func (s *Session) Elsewhere(last Origin, zone string) string {
	switch {
	case s.API == nil:
		return ""
	case last.Region != "" && last.Region != s.Region:
		return "region " + last.Region
	case last.Region == "" && zone != "" && !inRegion(zone, s.Region):
		return "zone " + zone
	default:
		return ""
	}
}

// Sees tells whether this session has the keys and the endpoint of an origin, and needs no proof.
// An origin that says nothing of keys is of a state that an earlier version has written.
func (s *Session) Sees(last Origin) bool {
	return last.Key == "" || last.Key == s.Here.Key && last.Endpoint == s.Here.Endpoint
}

// Found notes that this process sees a machine that was last seen there: both belong to one
// account, and the keys were only rotated.
func (s *Session) Found(last Origin) {
	if s.Sees(last) {
		return
	}
	s.proofOf(last).found.Store(true)
}

// Tells says whether a look-up of this process tells the truth about a machine that was last seen
// there. With other keys or at another endpoint it does once a machine that was seen there is found
// here too. Other keys at the same endpoint also do if the billing service knows the machine: its
// records belong to the account (fact 275: assumed) and outlive the machine. That is asked once.
// Without either it waits for the machines that the CLI reads meanwhile, because one of them may be
// found. Of a machine whose region is not known the record has to tell that it is this one.
func (s *Session) Tells(ctx context.Context, last Origin, id string) bool {
	if s.Sees(last) {
		return true
	}
	p := s.proofOf(last)
	if s.askBilling(ctx, p, last, id); !p.found.Load() {
		s.Preflight.Settle(ctx)
	}
	return p.found.Load()
}

// BilledIn is the other region that is told by a billing record which Tells has found, of a machine
// whose region was not known. It is "" where there is none.
func (s *Session) BilledIn(last Origin) string {
	if region := s.proofOf(last).region.Load(); region != nil {
		return *region
	}
	return ""
}

// billingTime bounds the question for a billing record.
const billingTime = 15 * time.Second

// askBilling asks the billing service for a record of the machine, unless it has been asked about
// this account, or the account is proven.
func (s *Session) askBilling(ctx context.Context, p *proof, last Origin, id string) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return
	}
	if p.found.Load() || p.asked || last.Endpoint != s.Here.Endpoint && !last.Unknown() {
		return
	}
	asking, cancel := context.WithTimeout(ctx, billingTime)
	defer cancel()
	record, err := failure.Record(asking, s.API, id, kec.BillingReclaimed, kec.BillingDeleted, kec.BillingUnsubscribed, kec.BillingOpened,
		kec.BillingExpired, kec.BillingFailed, kec.BillingInArrears, 9, kec.BillingShutDown, 11, kec.BillingRefunding, kec.BillingCreating)
	p.asked = ctx.Err() == nil
	switch {
	case err != nil || record == nil:
	case last.Region == "" && !strings.EqualFold(record.Region, s.Here.Region): // fact 317: assumed
		p.region.Store(&record.Region)
	default:
		p.found.Store(true)
	}
}
