// Package failure explains why a call, a launch or an order failed, or why a plan cannot be
// served. One catalogue of causes serves all of them. A cause points at an API parameter; the
// parameter table of a resource turns it into the attribute that the user must change.
//
// The files: catalogue (the causes), classify (an error to its cause), explain (what went wrong
// after KEC took a launch), order and billing (what KEC's records tell), judge (what the market
// tells), refusals (launches that are not sent), reason (a text in any JSON), render (the
// diagnostic).
package failure

import "slices"

// Code names a cause. Codes are stable: users match on them.
type Code string

// The codes of what KEC refuses, or says of a launch or an order.
const (
	OutOfStock          Code = "OutOfStock"
	ExcessiveNumber     Code = "ExcessiveNumber"
	PriceBelowMarket    Code = "PriceBelowMarket"
	PriceAboveOnDemand  Code = "PriceAboveOnDemand"
	SpotNotOffered      Code = "SpotNotOffered"
	InsufficientBalance Code = "InsufficientBalance"
	SubnetFull          Code = "SubnetFull"
	ImageUnusable       Code = "ImageUnusable"
	InvalidParameter    Code = "InvalidParameter"
	PermissionDenied    Code = "PermissionDenied"
	Throttled           Code = "Throttled"
	InstanceProtected   Code = "InstanceProtected"
	LaunchFailed        Code = "LaunchFailed"
	OrderUnpaid         Code = "OrderUnpaid"
	OrderCanceled       Code = "OrderCanceled"
	Unknown             Code = "Unknown"
)

// The codes of what the provider finds by itself, where no code or word of KEC's says it.
const (
	OutcomeUnknown       Code = "OutcomeUnknown"
	NotSent              Code = "NotSent"
	ChangeUnknown        Code = "ChangeUnknown"
	UnusableAnswer       Code = "UnusableAnswer"
	ServiceUnavailable   Code = "ServiceUnavailable"
	Unreachable          Code = "Unreachable"
	DeadlineExceeded     Code = "DeadlineExceeded"
	Interrupted          Code = "Interrupted"
	InstanceGone         Code = "InstanceGone"
	InstanceInErrorState Code = "InstanceInErrorState"
	FleetShort           Code = "FleetShort"
	FleetTooDear         Code = "FleetTooDear"
)

// Retry says whether the same command may succeed without a person. Its texts are stable: pipelines
// read them.
type Retry string

// The retries, from the least cautious to the most.
const (
	RetryLater       Retry = "later"          // it passes by itself: run the same again
	RetryAfterChange Retry = "after a change" // of the configuration, the account or a permission
	RetryNever       Retry = "never"          // somebody has to look first, or it stays as it is
)

// Cause is one entry of the catalogue.
type Cause struct {
	Code    Code
	Summary string // one line, sentence case, no full stop
	// Param is the API parameter to point at. It is "" where the cause lies outside the configuration
	// or KEC's answer names the parameter.
	Param string
	// Also are the beginnings of other parameters that KEC may name for it.
	Also []string
	// Remedy is one sentence that says what to change and where to look. It names API parameters in
	// braces, such as "{SubnetId}"; RemedyText replaces them by attributes.
	Remedy string
	Retry  Retry    // what a pipeline may do that comes upon it
	Codes  []string // KEC's own codes for it
	// Words are lower-case fragments, Chinese and English, of KEC's code or message. " & " joins
	// fragments that must all be there.
	Words []string
}

// causes is the catalogue. An exact code wins over words. Among words the first entry wins, so
// entries with telling words stand before entries with general ones ("limit", "invalid").
//
// Most codes of RunInstances are placeholders (facts 160 to 167: assumed codes). Of the words only
// those in fact 38 (known codes) and fact 120 (causes shown in the console) are known; the others
// are guesses (fact 240: words are assumed).
var causes = []Cause{
	{
		Code:    Throttled,
		Summary: "KEC is throttling requests",
		Remedy:  "Lower requests_per_second in the provider block, or raise max_retries.",
		Retry:   RetryLater,
		Codes: []string{
			"RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled",
			"TooManyRequestsException", "SlowDown", "LimitExceededException",
		},
		Words: []string{"throttl", "requestlimit", "rate limit", "too frequent", "限流", "请求过于频繁"},
	},
	{
		Code:    PermissionDenied,
		Summary: "KEC refused access",
		Remedy: "Check access_key, secret_key and security_token of the provider, and that their user " +
			"has permission for the action named below.",
		Retry: RetryAfterChange, // of the keys or of their policy
		Codes: []string{
			"PermissionDenied", "AccessDenied", "Forbidden", "MissingAuthenticationToken", "SignatureDoesNotMatch",
			"SecurityTokenExpired", "RequestTimeTooSkewed",
		},
		Words: []string{"lack of policy", "permission", "not authorized", "access denied", "权限"},
	},
	{
		Code:    SubnetFull,
		Summary: "The subnet has no free address",
		Param:   "SubnetId",
		Remedy:  "Choose a {SubnetId} with free addresses, or free some in this subnet.",
		Retry:   RetryLater, // others give addresses back
		Codes:   []string{"SubnetIpNotEnough"},
		Words: []string{
			"subnetip", "ip not enough", "no free address", "has 0 free addresses", "no available ip", "addresses are used up", "subnet & not enough",
			"subnet & insufficient", "subnet & exceed", "insufficient ip", "ip不足", "地址不足", "子网 & 不足", "子网 & 用完", "子网 & 耗尽",
		},
	},
	{
		Code:    OutOfStock,
		Summary: "Out of stock",
		Param:   "InstanceType",
		Remedy:  "Choose another {InstanceType}, or a {SubnetId} in another zone, or try again later.",
		Retry:   RetryLater,
		Codes:   []string{"ProductSellOutInvalid"},
		Words: []string{
			"sellout", "sell out", "sold out", "stock", "inventory", "insufficient resource", "insufficient capacity", "no valid host", "售罄", "库存",
			"资源不足", "资源紧张",
		},
	},
	{
		Code:    SpotNotOffered,
		Summary: "This instance type is not offered as a Spot Instance here",
		Param:   "InstanceType",
		Remedy:  "Choose an {InstanceType} that is sold as Spot Instance in this zone, or a {SubnetId} in another zone.",
		Retry:   RetryAfterChange,
		Codes:   []string{"ChargeTypeNotSupported"},
		Words: []string{
			"chargetype", "charge type", "spot instance & not support", "not support spot", "not support & spot price", "计费方式", "竞价 & 不支持",
		},
	},
	{
		Code:    PriceAboveOnDemand,
		Summary: "Spot price limit is above the on-demand price",
		Param:   "SpotPriceLimit",
		Remedy:  "Lower {SpotPriceLimit} to at most the on-demand price, or leave it out to follow the market.",
		Retry:   RetryAfterChange, // a list price stays as it is
		Words:   []string{"above the on-demand", "higher than the on-demand", "exceeds the on-demand", "高于按量", "超过按量"},
	},
	{
		Code:    PriceBelowMarket,
		Summary: "Spot price limit is below the market price",
		Param:   "SpotPriceLimit",
		Remedy:  "Raise {SpotPriceLimit} to at least the market price, or leave it out to follow the market.",
		Retry:   RetryLater, // the market moves
		// KEC's code says only "out of range"; today's prices tell which end of the range it is.
		Codes: []string{"SpotPriceLimitInvalid"},
		Words: []string{"spotpricelimit", "spot price", "price limit", "below the market", "market price", "出价", "市场价"},
	},
	{
		Code:    InsufficientBalance,
		Summary: "The account's balance is too low",
		Remedy:  "Top the account up: KEC wants at least CNY 100 in cash, vouchers not counted, before it opens an instance.",
		Retry:   RetryAfterChange, // of the account: somebody has to pay
		Codes:   []string{"Payment.InsufficientBalance"},
		Words:   []string{"account & balance", "insufficient balance", "insufficientbalance", "balance is", "arrears", "余额", "欠费"},
	},
	{
		Code:    ImageUnusable,
		Summary: "The image cannot be used",
		Param:   "ImageId",
		Remedy:  "Choose an {ImageId} that exists in this region, is active and fits the instance type.",
		Retry:   RetryAfterChange,
		Codes:   []string{"ImageIdInvalid"},
		Words:   []string{"imageid", "image is", "image not", "image does", "image state", "镜像不", "镜像状态"},
	},
	{
		Code:    ExcessiveNumber,
		Summary: "The account's instance quota is used up",
		Also:    []string{"MinCount", "MaxCount"},
		Remedy:  "Release instances, order fewer, or ask KEC to raise the quota of this account and region.",
		Retry:   RetryAfterChange, // a quota does not grow by itself
		Codes:   []string{"InstanceQuotaExceeded"},
		Words:   []string{"excessive number", "quota", "too many instance", "number of instances", "instances & exceed", "instances & limit", "配额", "实例数量"},
	},
	{
		Code:    InvalidParameter,
		Summary: "KEC does not accept a value",
		Remedy:  "Change the value as KEC says below.",
		Retry:   RetryAfterChange,
		Codes:   []string{"InvalidParameter", "InvalidParameterValue", "MissingParameter", "AutoDeleteTimeIsInvalid"},
		Words:   []string{"invalid", "not exist", "malformed", "exceed", "limit", "not supported by", "only for", "不合法", "不存在", "无效", "超过"},
	},
	{
		Code:    InstanceProtected,
		Summary: "The instance is protected against deletion",
		Param:   "IsProtect",
		Also:    []string{"InstanceId"},
		Remedy:  "Lift the protection in the console, or set {IsProtect} = true, apply, set it to false and apply, then destroy again.",
		Retry:   RetryAfterChange,
		Codes:   []string{"InstanceResourceProtected"},
		Words:   []string{"protected against deletion", "deletion protection", "release protection", "删除保护", "释放保护"},
	},
	{
		Code:    OrderUnpaid,
		Summary: "The order is not paid",
		Remedy: "Pay the order in the console, Billing > Order Management, or cancel it there and apply again; KEC cancels it by itself " +
			"after 24 hours.",
		Retry: RetryAfterChange, // of the order: it is paid or cancelled by somebody
		Words: []string{"unpaid", "not paid", "未支付", "待支付"},
	},
	{
		Code:    OrderCanceled,
		Summary: "The order was cancelled",
		Remedy:  "Apply again if the instances are still wanted: a cancelled order opens nothing.",
		Retry:   RetryNever, // that order opens nothing any more, and somebody wanted it so
		Words:   []string{"order & cancel", "订单 & 取消"},
	},
	{
		Code:    LaunchFailed,
		Summary: "KEC accepted the launch, but the instance did not start",
		Remedy:  "Apply again; if it fails again, try another {InstanceType} or {ImageId}, or ask KEC support with the ids below.",
		Retry:   RetryLater, // the next machine may start
		// Most failures after acceptance leave neither a code nor words.
		Words: []string{"failed to start", "failed to boot", "boot failed", "failed to create instance", "启动失败", "创建失败"},
	},
	{
		Code:    OutcomeUnknown,
		Summary: "KEC may have accepted the launch",
		Remedy:  "Look for an instance with that tag in the console before the next apply, and import it or delete it.",
		Retry:   RetryNever, // a second try may buy a second machine
	},
	{
		Code:    NotSent,
		Summary: "KEC does not answer, and the launch was not sent",
		Remedy:  "Nothing was bought for this instance: apply again once KEC answers.",
		Retry:   RetryLater, // nothing was bought
	},
	{
		Code:    ChangeUnknown,
		Summary: "KEC may have made the change",
		Remedy:  "Plan again: the refresh shows what KEC has now, and the next apply makes what is missing.",
		Retry:   RetryLater, // a refresh shows what became of it
	},
	{
		Code:    UnusableAnswer,
		Summary: "The answer cannot be used",
		Remedy:  "Run the command again; if it stays so, check the endpoint and the proxy of the provider.",
		Retry:   RetryLater,
	},
	{
		Code:    ServiceUnavailable,
		Summary: "KEC's service is not available",
		Remedy:  "Run the command again later; if it stays so, ask KEC support with the request id.",
		Retry:   RetryLater,
	},
	{
		Code:    Unreachable,
		Summary: "KEC could not be reached",
		Remedy:  "Check the network, the endpoint and the proxy of the provider, then run the command again.",
		Retry:   RetryLater,
	},
	{
		Code:    DeadlineExceeded,
		Summary: "KEC did not get there in time",
		Remedy:  "Raise the limit in the timeouts attribute if this is normal for the instance type, else look at the instance in the console.",
		Retry:   RetryLater, // what was begun is in the state, and is gone on with
	},
	{
		Code:    Interrupted,
		Summary: "Interrupted",
		Remedy:  "Apply again to go on.",
		Retry:   RetryLater,
	},
	{
		Code:    InstanceGone,
		Summary: "The instance is gone",
		Remedy:  "Plan again: the refresh explains what is known, and the next apply orders a replacement.",
		Retry:   RetryLater, // the next apply orders a replacement
	},
	{
		Code:    InstanceInErrorState,
		Summary: "The instance has ended in an error state",
		Remedy:  "Look at the instance in the console, or replace it with the option -replace.",
		Retry:   RetryAfterChange, // such a machine stays so until it is replaced
	},
	{
		Code:    FleetShort,
		Summary: "Fewer machines than wanted",
		Param:   "MaxCount",
		Remedy:  "Add candidates in other zones or of other types, lower min_capacity, or set wait_for_stock to wait for what is short.",
		Retry:   RetryLater, // stock and prices move
	},
	{
		Code:    FleetTooDear,
		Summary: "The machines cost more than max_hourly_cost",
		Param:   "MaxHourlyCost", // none of the API, but a table can tell its attribute
		Remedy:  "Raise max_hourly_cost, lower the limits of the candidates, or order fewer machines.",
		Retry:   RetryAfterChange, // a limit or a ceiling
	},
	{
		Code:    Unknown,
		Summary: "KEC refused the request",
		Remedy:  "KEC gave the reason below; ask KEC support with the request id if it does not help.",
		Retry:   RetryAfterChange, // nothing says that it passes
	},
}

// Catalogue returns a copy of every cause, in the order in which they are tried.
func Catalogue() []Cause { return slices.Clone(causes) }

// CauseOf is the entry of a code.
func CauseOf(code Code) Cause {
	i := slices.IndexFunc(causes, func(c Cause) bool { return c.Code == code })
	return causes[i]
}
