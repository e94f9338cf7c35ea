package kecsim

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// request is a call that a handler runs.
type request struct {
	*protocol.Args
	service, region, action string
	accessKey               string
	id                      string // RequestId of the answer
	dryRun                  bool
	sent                    url.Values
}

const maxBody = 4 << 20

// commonFields are the parameters that every action takes.
//
// documented: what clients add (fact 6), DryRun (fact 13), and the fields of the older scheme
// beside a signature of the newer one, which are ignored (fact 302).
var commonFields = []string{
	"Action", "Version", "Service", "Region", "Accesskey", "Language", "SdkVersion", "AccountId", "UserId", "RoleId", "DryRun",
	"Timestamp", "SignatureVersion", "SignatureMethod", "Format",
}

var commonPatterns = protocol.Patterns(commonFields)

// signingFields are the fields of a signature in the query (fact 24: the query form).
var signingFields = []string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Expires",
	"X-Amz-Security-Token", "X-Ksc-Security-Token",
}

// readRequest reads a request, checks signature and permission, and finds its action. It fills in
// the call on the way, so that the record of a refused call has what was read.
func (s *Server) readRequest(r *http.Request, body []byte, bodyErr error, call *Call) (*request, *protocol.Refusal) {
	query, sent, refusal := readParameters(r, body, bodyErr)
	if refusal != nil {
		return nil, refusal
	}
	call.Params = sent
	common, rest := url.Values{}, url.Values{}
	for name, values := range sent {
		if has(commonFields, name) {
			common[name] = values
		} else {
			rest[name] = values
		}
	}
	fields, refusal := protocol.Bind(commonPatterns, common)
	if refusal != nil {
		return nil, refusal
	}
	call.Action, call.Version = fields.Get("Action"), fields.Get("Version")

	// The signature is checked before the parameters, so that a stranger learns nothing.
	sig, refusal := protocol.ParseSignature(r, query)
	if refusal != nil {
		return nil, refusal
	}
	call.Service = sig.Service
	if refusal := sig.Verify(r, r.URL.RawQuery, body, s.keys, s.acceptedClocks()...); refusal != nil {
		return nil, refusal
	}
	a, refusal := s.route(sig, fields, call)
	if refusal != nil {
		return nil, refusal
	}
	if a.spell != nil {
		if rest, refusal = a.spell(rest); refusal != nil {
			return nil, refusal
		}
	}
	bound, refusal := protocol.Bind(a.patterns, rest)
	if refusal != nil {
		return nil, refusal
	}
	return &request{
		Args: bound, service: sig.Service, region: sig.Region, action: call.Action, accessKey: sig.AccessKey,
		dryRun: fields.Flag("DryRun"), sent: sent,
	}, nil
}

// readParameters reads the query, and the parameters of query and body without those of the
// signature.
func readParameters(r *http.Request, body []byte, bodyErr error) (query, sent url.Values, refusal *protocol.Refusal) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(bodyErr, &tooLarge):
		return nil, nil, protocol.Refuse(protocol.CodeTooLarge, "the body is larger than %d bytes", maxBody)
	case bodyErr != nil:
		return nil, nil, protocol.Refuse(protocol.CodeInvalidParameter, "the body could not be read whole")
	case r.URL.Path != "/" && r.URL.Path != "":
		return nil, nil, protocol.Refuse(protocol.CodeNotFound, "there is nothing at this path")
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, nil, protocol.Refuse(protocol.CodeMethodNotAllowed, "the method must be GET or POST, not %s", protocol.Clip(r.Method))
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, protocol.Refuse(protocol.CodeInvalidParameter, "the query is not well-formed")
	}
	sent, err = protocol.ReadBody(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, nil, protocol.Refuse(protocol.CodeInvalidParameter, "%s", err)
	}
	for name, values := range query {
		if !has(signingFields, name) {
			sent[name] = append(append([]string(nil), values...), sent[name]...)
		}
	}
	return query, sent, nil
}

// route finds the action that the signature and the common fields name.
//
// documented: the scope names service and region (facts 1, 2, 14, 27), and iam is signed for
// regions of all kinds (fact 301). assumed: the codes for an unknown scope, and that Region must
// agree with it (facts 163, 170); when the permission is checked (fact 233).
func (s *Server) route(sig *protocol.Signature, fields *protocol.Args, call *Call) (*action, *protocol.Refusal) {
	actions := services[sig.Service]
	if actions == nil {
		return nil, protocol.Refuse(protocol.CodeSignatureMismatch, "the credential scope names no service: %q", protocol.Clip(sig.Service))
	}
	anywhere := sig.Service == "trade" || sig.Service == "iam"
	known := anywhere && sig.Region != ""
	for _, r := range s.w.regions {
		known = known || r.name == sig.Region
	}
	if !known {
		return nil, protocol.Refuse(protocol.CodeSignatureMismatch, "the credential scope names no region: %q", protocol.Clip(sig.Region))
	}
	for _, what := range []string{sig.Service, sig.Service + " " + call.Action} {
		if s.denied[what] {
			return nil, protocol.Refuse(protocol.CodePermissionDenied, "lack of policy: this key may not use %s", what)
		}
	}
	versions := actions[call.Action]
	if versions == nil {
		return nil, protocol.Refuse(protocol.CodeInvalidAction, "Not Found")
	}
	a := versions[call.Version]
	if a == nil {
		return nil, protocol.Refuse(protocol.CodeInvalidVersion, "%s has no version %q", call.Action, protocol.Clip(call.Version))
	}
	if region := fields.Get("Region"); region != "" && region != sig.Region && !anywhere {
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "Region %q is not the region of the signature, %s", protocol.Clip(region), sig.Region)
	}
	if v := fields.Get("DryRun"); v != "" && boolean(v) != "" {
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "DryRun %s", boolean(v))
	}
	return a, nil
}

// acceptedClocks are the clocks against which the date of a signature is checked; one that agrees
// is enough.
//
// assumed: the wall clock, as long as KEC's clock has no offset (facts 180, 254).
func (s *Server) acceptedClocks() []time.Time {
	if s.off != 0 {
		return []time.Time{s.w.now.Add(s.off)}
	}
	return []time.Time{s.w.now, time.Now()}
}

func has(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
