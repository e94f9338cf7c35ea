package kecsim

import "fmt"

// code is an error code of the API with the HTTP status it travels with.
type code struct {
	name   string
	status int
}

// All codes the simulator can answer with. Those marked placeholder are ours and
// not Kingsoft's; a real one, once seen, is put in its place here.
var (
	// documented: transport and signing (facts 30-36).
	codeInvalidAction     = code{"INVALID_ACTION", 400} // assumed: the status (fact 165)
	codeInvalidVersion    = code{"InvalidActionOrVesion", 400}
	codeMissingToken      = code{"MissingAuthenticationToken", 403}
	codeSignatureMismatch = code{"SignatureDoesNotMatch", 403}
	codePermissionDenied  = code{"PermissionDenied", 403}

	// assumed: placeholders of transport and signing (facts 163, 164, 167).
	codeUnknownKey          = code{"InvalidAccessKeyId", 403}
	codeIncompleteSignature = code{"IncompleteSignature", 403}
	codeInvalidToken        = code{"InvalidSecurityToken", 403}
	codeTimeSkewed          = code{"RequestTimeTooSkewed", 403}
	codeRequestExpired      = code{"RequestExpired", 403}
	codeDryRun              = code{"DryRunOperation", 412}
	codeTooLarge            = code{"RequestTooLarge", 413}
	codeNotFound            = code{"NotFound", 404}
	codeMethodNotAllowed    = code{"MethodNotAllowed", 405}

	// documented: parameters and ids (facts 38, 39).
	codeInvalidParameter      = code{"InvalidParameter", 400}
	codeInvalidParameterValue = code{"InvalidParameterValue", 400}
	codeInstanceIDInvalid     = code{"InstanceIdInvalid", 400}
	codeInstanceIDRequired    = code{"InstanceIdRequired", 400}
	codeInstanceIDLimit       = code{"InstanceIdLimitExceeded", 400}
	codeAutoDeleteTime        = code{"AutoDeleteTimeIsInvalid", 400}
	codeSellOut               = code{"ProductSellOutInvalid", 400}

	// documented: states (fact 151).
	codeState       = code{"InstanceStateNotSupported", 400}
	codeRebootState = code{"InstanceStateNotSupportedReboot", 400}

	// assumed: placeholders of RunInstances, TerminateInstances and trade (facts 160-162).
	codeQuota        = code{"InstanceQuotaExceeded", 400}
	codeBalance      = code{"Payment.InsufficientBalance", 400}
	codeSubnetFull   = code{"SubnetIpNotEnough", 400}
	codeImage        = code{"ImageIdInvalid", 400}
	codeNotOffered   = code{"ChargeTypeNotSupported", 400}
	codePriceLimit   = code{"SpotPriceLimitInvalid", 400}
	codeProtected    = code{"InstanceResourceProtected", 400}
	codeOrderUnknown = code{"OrderNotExist", 400}
)

// apiError is a refusal on its way to the caller.
type apiError struct {
	code    code
	message string
}

// refuse makes an apiError. The message should name the parameter as callers
// spell it, counting lists from 1, and the numbers that clash (fact 166).
func refuse(c code, format string, args ...any) *apiError {
	return &apiError{c, fmt.Sprintf(format, args...)}
}

// The texts a console or a switched-on cause field shows for a failed request.
const (
	causeOutOfStock = "out of stock"     // documented: fact 120
	causeExcessive  = "excessive number" // documented: fact 120
	causePrice      = "spot price limit is out of range"
	causeBalance    = "insufficient balance"
	causeSubnetFull = "no free address in the subnet"
	causeImage      = "image is not usable"
)
