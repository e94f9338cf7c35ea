package protocol

import (
	"fmt"
	"slices"
	"strings"
)

// Code is an error code of the API with the HTTP status it travels with.
type Code struct {
	Name   string
	Status int
}

// All codes the simulator can answer with. Those marked placeholder are the simulator's own and
// not Kingsoft's; a real one, once seen, is put in its place here.
var (
	// documented: transport and signing (facts 30-36).
	CodeInvalidAction     = Code{"INVALID_ACTION", 400} // assumed: the status (fact 165)
	CodeInvalidVersion    = Code{"InvalidActionOrVesion", 400}
	codeMissingToken      = Code{"MissingAuthenticationToken", 403}
	CodeSignatureMismatch = Code{"SignatureDoesNotMatch", 403}
	CodePermissionDenied  = Code{"PermissionDenied", 403}

	// assumed: placeholders of transport and signing (facts 163, 164, 167).
	codeUnknownKey          = Code{"InvalidAccessKeyId", 403}
	codeIncompleteSignature = Code{"IncompleteSignature", 403}
	codeInvalidToken        = Code{"InvalidSecurityToken", 403}
	codeTimeSkewed          = Code{"RequestTimeTooSkewed", 403}
	codeRequestExpired      = Code{"RequestExpired", 403}
	CodeDryRun              = Code{"DryRunOperation", 412}
	CodeTooLarge            = Code{"RequestTooLarge", 413}
	CodeNotFound            = Code{"NotFound", 404}
	CodeMethodNotAllowed    = Code{"MethodNotAllowed", 405}

	// documented: parameters and ids (facts 38, 39).
	CodeInvalidParameter      = Code{"InvalidParameter", 400}
	CodeInvalidParameterValue = Code{"InvalidParameterValue", 400}
	CodeInstanceIDInvalid     = Code{"InstanceIdInvalid", 400}
	CodeInstanceIDRequired    = Code{"InstanceIdRequired", 400}
	CodeInstanceIDLimit       = Code{"InstanceIdLimitExceeded", 400}
	CodeAutoDeleteTime        = Code{"AutoDeleteTimeIsInvalid", 400}
	CodeSellOut               = Code{"ProductSellOutInvalid", 400}

	// documented: states (fact 151).
	CodeState       = Code{"InstanceStateNotSupported", 400}
	CodeRebootState = Code{"InstanceStateNotSupportedReboot", 400}

	// assumed: placeholders of RunInstances, TerminateInstances and trade (facts 160-162).
	CodeQuota        = Code{"InstanceQuotaExceeded", 400}
	CodeBalance      = Code{"Payment.InsufficientBalance", 400}
	CodeSubnetFull   = Code{"SubnetIpNotEnough", 400}
	CodeImage        = Code{"ImageIdInvalid", 400}
	CodeNotOffered   = Code{"ChargeTypeNotSupported", 400}
	CodePriceLimit   = Code{"SpotPriceLimitInvalid", 400}
	CodeProtected    = Code{"InstanceResourceProtected", 400}
	CodeOrderUnknown = Code{"OrderNotExist", 400}

	// assumed: what stands in their place, with a setting, and tells nothing.
	CodeOther = Code{"OperationFailed", 400}
)

// Invented tells whether a code of the service is a placeholder (facts 160-162).
func Invented(c Code) bool {
	return slices.Contains([]Code{CodeQuota, CodeBalance, CodeSubnetFull, CodeImage, CodeNotOffered, CodePriceLimit, CodeProtected, CodeOrderUnknown}, c)
}

// Refusal is an error answer on its way to the caller.
type Refusal struct {
	Code    Code
	Message string
}

// Refuse makes a Refusal. The message should name the parameter as callers spell it,
// counting lists from 1, and the numbers that clash (fact 166).
func Refuse(c Code, format string, args ...any) *Refusal {
	return &Refusal{c, fmt.Sprintf(format, args...)}
}

// Invalid refuses a value under its parameter's name.
func Invalid(name, format string, args ...any) *Refusal {
	return Refuse(CodeInvalidParameterValue, name+" "+format, args...)
}

// Clip shortens what a message quotes of a request.
func Clip(v string) string {
	if len(v) > 80 {
		return strings.ToValidUTF8(v[:80], "") + "..."
	}
	return v
}
