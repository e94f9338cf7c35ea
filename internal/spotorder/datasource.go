// Package spotorder is the data source kec_spot_order: the order behind a
// launch, and why it failed.
package spotorder

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// What to do about a failed order.
const (
	onFailureError   = "error"
	onFailureWarning = "warning"
	onFailureIgnore  = "ignore"
)

// DataSource implements kec_spot_order.
type DataSource struct {
	client *kec.Client // nil while the provider's configuration is unknown
}

// New returns the data source, not yet configured.
func New() datasource.DataSource { return &DataSource{} }

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_spot_order"
}

// Configure takes the provider's client.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.client, _ = req.ProviderData.(*kec.Client)
}

// Read looks the order up and says what became of it.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}
	if d.client == nil {
		resp.Diagnostics.AddError("The order cannot be read yet",
			"The provider's configuration holds values that are known only after apply.\n\nGive it known values, or read the order in a later run.")
		return
	}
	order, err := d.client.QueryOrderInfo(ctx, config.OrderID.ValueString())
	switch {
	case errors.Is(err, kec.ErrNotFound):
		// Nothing to explain, and under "ignore" nothing that may block a destroy.
		order = &kec.Order{ID: config.OrderID.ValueString(), Status: kec.StatusAbsent}
		tell(config.OnFailure.ValueString(), "No such order",
			fmt.Sprintf("KEC knows no order %s in this account.\n\nCopy the order id from the console, Billing > Order Management.\n\n%s",
				order.ID, failure.Of(err).Said()), resp)
	case err != nil:
		resp.Diagnostics.Append(failure.Of(err).Diagnostic(nil))
		return
	}
	failures := failure.OfOrder(ctx, d.client, order)
	config.refresh(order, failures)
	resp.Diagnostics.Append(resp.State.Set(ctx, &config)...)
	report(order, failures, config.OnFailure.ValueString(), resp)
}

// report tells the failures at order_id, alike ones once.
func report(order *kec.Order, failures []failure.Failure, how string, resp *datasource.ReadResponse) {
	for len(failures) > 0 {
		same := []failure.Failure{failures[0]}
		var other []failure.Failure
		for _, f := range failures[1:] {
			if f.Code == same[0].Code && f.Words == same[0].Words && f.Facts == same[0].Facts {
				same = append(same, f)
			} else {
				other = append(other, f)
			}
		}
		failures = other
		summary, detail := describe(order, same)
		tell(how, summary, detail, resp)
	}
}

// tell speaks at order_id, as loud as the user wants it.
func tell(how, summary, detail string, resp *datasource.ReadResponse) {
	switch how {
	case onFailureIgnore:
	case onFailureWarning:
		resp.Diagnostics.AddAttributeWarning(path.Root("order_id"), summary, detail)
	default:
		resp.Diagnostics.AddAttributeError(path.Root("order_id"), summary, detail)
	}
}

// describe words failures of one cause as one message.
func describe(order *kec.Order, same []failure.Failure) (summary, detail string) {
	f := same[0]
	which := fmt.Sprintf("%d of the %d sub-orders of order %s", len(same), len(order.SubOrders), order.ID)
	if len(order.SubOrders) < 2 {
		which = "Order " + order.ID
	}
	f.Facts = strings.TrimSpace(fmt.Sprintf("%s failed (%s). %s", which, statusText(order.Status), f.Facts))
	if len(same) > 1 {
		ids := make([]string, 0, len(same))
		for _, one := range same {
			ids = append(ids, one.SubOrderID)
		}
		f.SubOrderID = strings.Join(ids, ", ")
	}
	return f.Headline("Spot order failed"), f.Detail()
}
