package spotorder

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

type model struct {
	OrderID    types.String `tfsdk:"order_id"`
	InstanceID types.String `tfsdk:"instance_id"`
	OnFailure  types.String `tfsdk:"on_failure"`

	ServiceState  types.String   `tfsdk:"service_state"`
	Failed        types.Bool     `tfsdk:"failed"`
	Failures      []failureModel `tfsdk:"failures"`
	SubOrders     []subOrder     `tfsdk:"sub_orders"`
	OrderName     types.String   `tfsdk:"order_name"`
	Purpose       types.String   `tfsdk:"purpose"`
	OrderType     types.String   `tfsdk:"order_type"`
	StatusCode    types.Int64    `tfsdk:"status_code"`
	BillingMethod types.String   `tfsdk:"billing_method"`
	TotalPrice    types.Number   `tfsdk:"total_price"`
	PaidPrice     types.Number   `tfsdk:"paid_price"`
	PayablePrice  types.Number   `tfsdk:"payable_price"`
	CreatedAt     types.String   `tfsdk:"created_at"`
	PaidAt        types.String   `tfsdk:"paid_at"`
	UpdatedAt     types.String   `tfsdk:"updated_at"`
}

type failureModel struct {
	Code       types.String `tfsdk:"code"`
	Summary    types.String `tfsdk:"summary"`
	Message    types.String `tfsdk:"message"`
	Remedy     types.String `tfsdk:"remedy"`
	Attribute  types.String `tfsdk:"attribute"`
	Retryable  types.Bool   `tfsdk:"retryable"`
	Source     types.String `tfsdk:"source"`
	SubOrderID types.String `tfsdk:"sub_order_id"`
	InstanceID types.String `tfsdk:"instance_id"`
}

type subOrder struct {
	ID           types.String            `tfsdk:"id"`
	InstanceID   types.String            `tfsdk:"instance_id"`
	State        types.String            `tfsdk:"state"`
	StatusCode   types.Int64             `tfsdk:"status_code"`
	Quantity     types.Int64             `tfsdk:"quantity"`
	Price        types.Number            `tfsdk:"price"`
	Product      types.String            `tfsdk:"product"`
	Items        map[string]types.String `tfsdk:"items"`
	ServiceBegin types.String            `tfsdk:"service_begin"`
	ServiceEnd   types.String            `tfsdk:"service_end"`
}

// refresh fills every computed field from what was found. What KEC leaves out is null.
func (m *model) refresh(v verdict) {
	m.ServiceState = types.StringValue(v.state)
	m.Failed = types.BoolValue(slices.ContainsFunc(v.failures, failure.Failure.Final))
	m.Failures = make([]failureModel, 0, len(v.failures))
	for _, f := range v.failures {
		m.Failures = append(m.Failures, failureOf(f))
	}
	order := v.order
	m.SubOrders = make([]subOrder, 0, len(order.SubOrders))
	for _, s := range order.SubOrders {
		m.SubOrders = append(m.SubOrders, subOrderOf(order, s))
	}
	m.OrderName = tfvalue.Text(order.Name)
	m.Purpose = tfvalue.Text(purposes[order.Use])
	m.OrderType = tfvalue.Text(orderTypes[order.Type])
	m.StatusCode = code(order.Status)
	m.BillingMethod = tfvalue.Text(order.BillName)
	m.TotalPrice, m.PaidPrice, m.PayablePrice = tfvalue.Number(order.TotalMoney), tfvalue.Number(order.RealMoney), tfvalue.Number(order.PayableMoney)
	m.CreatedAt, m.PaidAt, m.UpdatedAt = tfvalue.Instant(order.CreatedAt), tfvalue.Instant(order.PaidAt), tfvalue.Instant(order.UpdatedAt)
}

var purposes = map[int]string{
	1: "purchase", 2: "renewal", 3: "configuration change", 4: "trial", 5: "conversion", 7: "refund",
	8: "extension", 9: "change of billing type", 10: "change and purchase",
}

var orderTypes = map[int]string{1: "trial", 2: "regular"}

func failureOf(f failure.Failure) failureModel {
	return failureModel{
		Code: types.StringValue(string(f.Code)), Summary: types.StringValue(f.Summary), Message: tfvalue.Text(f.Words),
		Remedy: types.StringValue(f.RemedyText(wizard.Parameters())), Attribute: tfvalue.Text(attribute(f)), Retryable: types.BoolValue(f.Retry == failure.RetryLater),
		Source: tfvalue.Text(string(f.Source)), SubOrderID: tfvalue.Text(f.SubOrderID), InstanceID: tfvalue.Text(f.InstanceID),
	}
}

// attribute is the attribute of kec_spot_instance that a failure points at, or "".
func attribute(f failure.Failure) string {
	if at, ok := f.At(wizard.Parameters()); ok {
		return at.String()
	}
	return ""
}

func subOrderOf(order *kec.Order, s kec.SubOrder) subOrder {
	m := subOrder{
		ID: tfvalue.Text(s.ID), InstanceID: tfvalue.Text(s.InstanceID), State: types.StringValue(subOrderState(order, s)), StatusCode: code(s.Status),
		Quantity: types.Int64Value(s.Quantity), Price: tfvalue.Number(s.Price), Product: tfvalue.Text(s.ProductTypeName),
		Items: make(map[string]types.String, len(s.Items)), ServiceBegin: tfvalue.Instant(s.ServiceBegin), ServiceEnd: tfvalue.Instant(s.ServiceEnd),
	}
	for k, v := range s.Items {
		m.Items[k] = types.StringValue(v)
	}
	return m
}

func code(n int) types.Int64 {
	if n == kec.StatusAbsent {
		return types.Int64Null()
	}
	return types.Int64Value(int64(n))
}
