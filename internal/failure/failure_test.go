package failure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, words string
		want        Code
	}{
		// By code, whatever the words say.
		{"ProductSellOutInvalid", "quota exceeded", OutOfStock},
		{"productselloutinvalid", "", OutOfStock},
		{"InstanceQuotaExceeded", "", ExcessiveNumber},
		{"Payment.InsufficientBalance", "", InsufficientBalance},
		{"SubnetIpNotEnough", "", SubnetFull},
		{"ImageIdInvalid", "", ImageUnusable},
		{"ChargeTypeNotSupported", "", SpotNotOffered},
		{"SpotPriceLimitInvalid", "", PriceBelowMarket},
		{"InvalidParameterValue", "SpotPriceLimit has 6 decimals", InvalidParameter},
		{"RequestLimitExceeded", "", Throttled},
		{"SignatureDoesNotMatch", "invalid signature", PermissionDenied},
		// By words, English and Chinese.
		{"", "out of stock", OutOfStock},
		{"ResourceSoldOut", "sold out", OutOfStock},
		{"", "该规格已售罄", OutOfStock},
		{"", "库存不足", OutOfStock},
		{"", "excessive number", ExcessiveNumber},
		{"", "实例数量超过配额", ExcessiveNumber},
		{"Quota.Kec", "", ExcessiveNumber},
		{"", "账户余额不足", InsufficientBalance},
		{"", "the bid is below the market price", PriceBelowMarket},
		{"", "the limit is above the on-demand price", PriceAboveOnDemand},
		{"", "子网可用IP不足", SubnetFull},
		{"", "镜像不存在", ImageUnusable},
		{"", "image not found", ImageUnusable},
		{"", "lack of policy", PermissionDenied},
		{"", "HostName is malformed", InvalidParameter},
		{"", "The number of available IP addresses in the subnet exceeds the limit", SubnetFull},
		{"", "子网可用IP数量不足", SubnetFull},
		{"", "available ip of subnet is not enough", SubnetFull},
		{"", "insufficient IP addresses", SubnetFull},
		{"", "子网IP地址已用完", SubnetFull},
		{"", "资源不足", OutOfStock},
		{"", "Insufficient capacity", OutOfStock},
		{"", "No valid host was found", OutOfStock},
		{"", "出价超过按量付费价格", PriceAboveOnDemand},
		{"", "Spot instance is not supported for this type", SpotNotOffered},
		{"", "竞价实例暂不支持该机型", SpotNotOffered},
		{"", "Instance type does not support spot price", SpotNotOffered},
		{"", "InstanceName length exceeds 64", InvalidParameter},
		{"", "系统盘大小超过限制", InvalidParameter},
		{"", "Rate limit exceeded", Throttled},
		{"", "请求过于频繁", Throttled},
		{"", "subnet is reserved for load balancer", Unknown},
		{"", "KeyId is not supported by the image", InvalidParameter},
		{"", "Access denied", PermissionDenied},
		{"", "The number of instances exceeds the limit", ExcessiveNumber},
		{"MoonPhase", "the moon is full", Unknown},
		{"", "", Unknown},
		// By words where the code is another than the one that is assumed.
		{"OperationFailed", "SubnetId 0b has 0 free addresses, 1 wanted", SubnetFull},
		{"OperationFailed", "MinCount 1 exceeds the instance quota: 0 of 20 left", ExcessiveNumber},
		{"OperationFailed", "the account balance is 99 CNY, at least 100 is needed", InsufficientBalance},
		{"OperationFailed", "ImageId IMG-1 is in state error, not active", ImageUnusable},
		{"OperationFailed", "ChargeType Spot is not offered for InstanceType N3.2B", SpotNotOffered},
		{"OperationFailed", "SpotPriceLimit 0.01 is out of range: N3.2B costs 0.04 now", PriceBelowMarket},
		{"OperationFailed", "InstanceId.1 i-1 is protected against deletion", InstanceProtected},
	} {
		if got, _ := classify(c.code, c.words); got.Code != c.want {
			t.Errorf("classify(%q, %q) = %s, want %s", c.code, c.words, got.Code, c.want)
		}
	}
}

// A quota is about the number of machines, whatever the code; another setting that KEC names has a
// value that it does not accept.
func TestOf_aNumberAboveTheQuota(t *testing.T) {
	t.Parallel()
	for param, want := range map[string]Code{"": ExcessiveNumber, "MinCount": ExcessiveNumber, "MaxCount": ExcessiveNumber, "HostName": InvalidParameter} {
		got := Of(&ksyun.Error{Action: "RunInstances", Code: "OperationFailed", Message: param + " 1 exceeds the instance quota: 0 of 20 left", Param: param, Status: 400})
		if got.Code != want {
			t.Errorf("%q: %s, want %s", param, got.Code, want)
		}
	}
}

// The same holds for a machine that is protected.
func TestOf_aMachineThatIsProtected(t *testing.T) {
	t.Parallel()
	for param, want := range map[string]Code{"": InstanceProtected, "InstanceId.1": InstanceProtected, "HostName": InvalidParameter} {
		got := Of(&ksyun.Error{Action: "TerminateInstances", Code: "OperationFailed", Message: param + " i-1 is protected against deletion", Param: param, Status: 400})
		if got.Code != want {
			t.Errorf("%q: %s, want %s", param, got.Code, want)
		}
	}
}

func TestCatalogue_isComplete(t *testing.T) {
	t.Parallel()
	seen := map[Code]bool{}
	codes := map[string]Code{}
	for _, c := range Catalogue() {
		if seen[c.Code] {
			t.Errorf("%s stands there twice", c.Code)
		}
		seen[c.Code] = true
		if c.Summary == "" || strings.HasSuffix(c.Summary, ".") || strings.Contains(c.Summary, "\n") {
			t.Errorf("%s: summary %q", c.Code, c.Summary)
		}
		if !strings.HasSuffix(c.Remedy, ".") || strings.Count(c.Remedy, ". ") > 0 {
			t.Errorf("%s: the remedy is not one sentence: %q", c.Code, c.Remedy)
		}
		for _, k := range c.Codes {
			if other, ok := codes[strings.ToLower(k)]; ok {
				t.Errorf("%s leads to %s and to %s", k, other, c.Code)
			}
			codes[strings.ToLower(k)] = c.Code
		}
		for _, w := range c.Words {
			if w != strings.ToLower(w) {
				t.Errorf("%s: %q can never match: it is not in lower case", c.Code, w)
			}
		}
	}
	for _, c := range []Code{
		OutOfStock, ExcessiveNumber, PriceBelowMarket, PriceAboveOnDemand, InsufficientBalance, SubnetFull, ImageUnusable, InvalidParameter,
		PermissionDenied, LaunchFailed, Unknown,
	} {
		if !seen[c] {
			t.Errorf("%s is missing", c)
		}
	}
}

// An entry that an earlier one shadows would never be reached, so each must lead
// to the cause it belongs to.
func TestCatalogue_everyWordLeadsToItsCause(t *testing.T) {
	t.Parallel()
	for _, c := range Catalogue() {
		chinese, english := 0, 0
		for _, entry := range c.Words {
			text := strings.ReplaceAll(entry, " & ", " ")
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				chinese++
			} else {
				english++
			}
			for _, said := range []string{text, strings.ToUpper(text), "KEC: " + text + "."} {
				if got, exact := classify("", said); got.Code != c.Code || exact {
					t.Errorf("%q leads to %s (exact: %t), not to %s", said, got.Code, exact, c.Code)
				}
			}
			if got, _ := classify(text, ""); got.Code != c.Code {
				t.Errorf("the code %q leads to %s, not to %s", text, got.Code, c.Code)
			}
		}
		if len(c.Words) > 0 && (chinese == 0 || english == 0) {
			t.Errorf("%s has %d Chinese and %d English entries", c.Code, chinese, english)
		}
		for _, code := range c.Codes {
			for _, said := range []string{code, strings.ToLower(code)} {
				if got, exact := classify(said, "out of stock, quota exceeded, lack of policy"); got.Code != c.Code || !exact {
					t.Errorf("the code %q leads to %s (exact: %t), not to %s", said, got.Code, exact, c.Code)
				}
			}
		}
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, raw, want string }{
		{"none", `{"orderId":"1","status":21,"orderName":"KEC purchase"}`, ""},
		{"plain", `{"failReason":"out of stock"}`, "out of stock"},
		{"another case", `{"FAILREASON":"out of stock"}`, "out of stock"},
		{"another name", `{"remark":"sold out","status":3}`, "sold out"},
		{"nested", `{"InstanceState":{"Name":"error","ErrorMsg":"no host"}}`, "no host"},
		{"a pair", `{"productItems":[{"key":"instance_type","value":"N3.2B"},{"key":"cause","value":"excessive number"}]}`, "excessive number"},
		{"a flag is no reason", `{"FailureAutoDelete":false,"failCount":3}`, ""},
		{"a flag as text", `{"FailureAutoDelete":"false","failCount":"3"}`, ""},
		{"a success", `{"message":"success","errorMsg":"OK","errorCode":"0"}`, ""},
		{"a description is the last resort", `{"aDesc":"Ubuntu","failMsg":"no host"}`, "no host"},
		{"blank", `{"reason":"  ","message":""}`, ""},
		{"another part's", `{"orderList":[{"failReason":"out of stock"}]}`, ""},
		{"beside a number that nothing holds", `{"price":1e999,"failReason":"out of stock"}`, "out of stock"},
		{"not an object", `[1]`, ""},
		{"cut", `{"failReason":"out`, ""},
		{"nothing", ``, ""},
	} {
		if got := reason(json.RawMessage(c.raw)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDiagnostic_pointsAtTheAttribute(t *testing.T) {
	t.Parallel()
	var table param.Table
	table.Root("instance_type", "InstanceType", types.StringValue("N3.2B"))
	table.Root("subnet_id", "SubnetId", types.StringValue("s-1"))
	table.At(path.Root("data_disks").AtListIndex(1).AtName("size_gib"), "DataDisk.2.Size", types.Int64Value(6))
	for _, c := range []struct {
		name string
		err  error
		at   string
		want diag.Diagnostic
	}{
		{
			"a cause with its attribute",
			&ksyun.Error{Action: "RunInstances", Code: "ProductSellOutInvalid", Message: "sell out", RequestID: "r1", Status: 400},
			"instance_type",
			diag.NewErrorDiagnostic("Out of stock", "Choose another instance_type, or a subnet_id in another zone, or try again later.\n\n"+
				"Code: OutOfStock\nKEC: \"sell out\" (ProductSellOutInvalid), RunInstances, request r1\nRetry: later"),
		},
		{
			"a parameter that KEC names",
			&ksyun.Error{Action: "RunInstances", Code: "InvalidParameterValue", Message: "too small", Param: "DataDisk.2.Size", RequestID: "r2", Status: 400},
			"data_disks",
			diag.NewErrorDiagnostic("KEC does not accept a value", "Change the value as KEC says below.\n\n"+
				"Code: InvalidParameter\nKEC: \"too small\" (InvalidParameterValue), RunInstances, request r2\nAttribute: data_disks[1].size_gib\nRetry: after a change"),
		},
		{
			"words about another setting",
			&ksyun.Error{Action: "RunInstances", Code: "Odd", Message: "DataDisk.2.Size: out of stock", Param: "DataDisk.2.Size", Status: 400},
			"data_disks",
			diag.NewErrorDiagnostic("A type of data disk is out of stock", "Choose another type for this data disk, or a subnet_id in another zone, or try "+
				"again later.\n\nCode: OutOfStock\nKEC: \"DataDisk.2.Size: out of stock\" (Odd), RunInstances\nAttribute: data_disks[1].size_gib\nRetry: later"),
		},
		{
			"nothing to point at",
			&ksyun.Error{Action: "RunInstances", Code: "Strange", Message: "invalid strangeness", Status: 403},
			"",
			diag.NewErrorDiagnostic("KEC refused access", "Check access_key, secret_key and security_token of the provider, and that their user "+
				"has permission for the action named below.\n\nCode: PermissionDenied\nKEC: \"invalid strangeness\" (Strange), RunInstances\nRetry: after a change"),
		},
		{
			"no code and no words",
			&ksyun.Error{Action: "DescribeInstances", Status: 502},
			"",
			diag.NewErrorDiagnostic("KEC's service is not available", "Run the command again later; if it stays so, ask KEC support with the request id.\n\n"+
				"Code: ServiceUnavailable\nKEC: no reason given, DescribeInstances\nRetry: later"),
		},
		{
			"an answer that is none of KEC's",
			&ksyun.Error{Action: "DescribeInstances", Status: 502, Message: "answered with HTML, not JSON", Unusable: true},
			"",
			diag.NewErrorDiagnostic("The answer cannot be used", "DescribeInstances: answered with HTML, not JSON (HTTP 502).\n\nRun the command again; if it stays "+
				"so, check the endpoint and the proxy of the provider.\n\nCode: UnusableAnswer\nKEC: no reason given, DescribeInstances\nRetry: later"),
		},
		{
			"a deadline",
			fmt.Errorf("DescribeInstances: %w", context.DeadlineExceeded),
			"",
			diag.NewErrorDiagnostic("KEC did not get there in time", "DescribeInstances: context deadline exceeded\n\nRaise the limit in the timeouts "+
				"attribute if this is normal for the instance type, else look at the instance in the console.\n\nCode: DeadlineExceeded\nRetry: later"),
		},
		{
			"an instance that vanished meanwhile",
			fmt.Errorf("instance i-1: %w", machines.ErrGone),
			"",
			diag.NewErrorDiagnostic("The instance is gone", fmt.Sprintf("instance i-1: %v\n\nPlan again: the refresh explains what is known, and the next "+
				"apply orders a replacement.\n\nCode: InstanceGone\nRetry: later", machines.ErrGone)),
		},
		{
			"a change without an answer",
			fmt.Errorf("%w: ModifyInstanceAttribute: EOF", kec.ErrChangeUnknown),
			"",
			diag.NewErrorDiagnostic("KEC may have made the change", fmt.Sprintf("%v: ModifyInstanceAttribute: EOF\n\nPlan again: the refresh shows what KEC "+
				"has now, and the next apply makes what is missing.\n\nCode: ChangeUnknown\nRetry: later", kec.ErrChangeUnknown)),
		},
		{
			"a launch whose outcome is unknown, in an answer that is none of KEC's",
			fmt.Errorf("%w: %w", machines.ErrOutcomeUnknown, &ksyun.Error{Action: "RunInstances", Status: 503, Message: "answered with HTML, not JSON", Unusable: true}),
			"",
			diag.NewErrorDiagnostic("KEC may have accepted the launch", fmt.Sprintf("%v: RunInstances: answered with HTML, not JSON (HTTP 503)\n\nLook for an "+
				"instance with that tag in the console before the next apply, and import it or delete it.\n\nCode: OutcomeUnknown\nKEC: no reason given, "+
				"RunInstances\nRetry: never", machines.ErrOutcomeUnknown)),
		},
		{
			"a launch whose outcome is unknown, after an answer without an id",
			fmt.Errorf("%w: %w", machines.ErrOutcomeUnknown, &ksyun.Error{
				Action: "RunInstances", Status: 200, RequestID: "r4", Message: "the answer holds no instance id", Unusable: true,
			}),
			"",
			diag.NewErrorDiagnostic("KEC may have accepted the launch", fmt.Sprintf("%v: RunInstances: the answer holds no instance id (request id r4, HTTP 200)\n\nLook "+
				"for an instance with that tag in the console before the next apply, and import it or delete it.\n\nCode: OutcomeUnknown\nKEC: no reason given, "+
				"RunInstances, request r4\nRetry: never", machines.ErrOutcomeUnknown)),
		},
		{
			"a launch that was not sent",
			fmt.Errorf("%w: %w", machines.ErrNotSent, &ksyun.Error{Action: "DescribeInstances", Code: "INTERNAL_FAILURE", Message: "x", RequestID: "r3", Status: 500}),
			"",
			diag.NewErrorDiagnostic("KEC does not answer, and the launch was not sent", fmt.Sprintf("%v: DescribeInstances: INTERNAL_FAILURE: x (request id "+
				"r3, HTTP 500)\n\nNothing was bought for this instance: apply again once KEC answers.\n\nCode: NotSent\nKEC: \"x\" (INTERNAL_FAILURE), "+
				"DescribeInstances, request r3\nRetry: later", machines.ErrNotSent)),
		},
		{
			"a machine in state error",
			&machines.StateError{InstanceID: "i-1", Goal: "active", State: "error"},
			"",
			diag.NewErrorDiagnostic("The instance has ended in an error state", (&machines.StateError{InstanceID: "i-1", Goal: "active", State: "error"}).Error()+
				"\n\nLook at the instance in the console, or replace it with the option -replace.\n\nCode: InstanceInErrorState\nRetry: after a change"),
		},
		{
			"no network",
			errors.New("kec DescribeInstances: connection refused"),
			"",
			diag.NewErrorDiagnostic("KEC could not be reached", "kec DescribeInstances: connection refused\n\nCheck the network, the endpoint and the "+
				"proxy of the provider, then run the command again.\n\nCode: Unreachable\nRetry: later"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Of(c.err).Diagnostic(table)
			if got.Summary() != c.want.Summary() || got.Detail() != c.want.Detail() {
				t.Errorf("got  %s\n%s\nwant %s\n%s", got.Summary(), got.Detail(), c.want.Summary(), c.want.Detail())
			}
			at := ""
			if d, ok := got.(diag.DiagnosticWithPath); ok {
				at = d.Path().String()
			}
			if at != c.at {
				t.Errorf("points at %q, want %q", at, c.at)
			}
		})
	}
}
