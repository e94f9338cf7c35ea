// Package spotorder is the data source kec_spot_order: the order behind a launch, and why it
// failed.
package spotorder

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
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
	*session.Session
}

// New returns the data source, not yet configured.
func New() datasource.DataSource { return &DataSource{} }

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_spot_order"
}

// Configure takes the session of the provider.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.Session = session.From(req.ProviderData, &resp.Diagnostics)
}

// Read looks the order up and says what became of it.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer guard.Recover(&resp.Diagnostics, "reading an order")
	var config model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); resp.Diagnostics.HasError() {
		return
	}
	if why := d.NotReady(); why != "" {
		resp.Diagnostics.AddError("The order cannot be read yet", "KEC cannot be asked: "+why+".\n\n"+session.MakeReady)
		return
	}
	var v verdict
	if id := config.InstanceID.ValueString(); id != "" {
		v = d.ofInstance(ctx, id)
	} else {
		v = d.ofOrder(ctx, config.OrderID.ValueString())
	}
	if v.err != nil {
		resp.Diagnostics.Append(failure.Of(v.err).WithoutPath(wizard.Parameters()))
		return
	}
	config.refresh(v)
	resp.Diagnostics.Append(resp.State.Set(ctx, &config)...)
	v.report(config.OnFailure.ValueString(), resp)
}

// verdict is what was found out about an order, or about an instance in its place.
type verdict struct {
	at       path.Path  // the key that was given
	subject  string     // what it names: "Order 2026...", "Instance 5b7f..."
	status   string     // in words
	order    *kec.Order // never nil; without status and parts where KEC shows no order
	state    string
	failures []failure.Failure
	missing  []note // what could not be found out
	err      error  // why nothing is known
}

// note is a message beside the failures.
type note struct {
	summary, detail string
	denied          bool // for lack of permission: reported whatever on_failure says
	onlyWarning     bool // never an error, because the user gets what is known all the same
}

// ofOrder looks an order up by its id.
func (d *DataSource) ofOrder(ctx context.Context, id string) verdict {
	v := verdict{at: path.Root("order_id"), subject: "Order " + id, order: &kec.Order{ID: id, Status: kec.StatusAbsent}, state: unknown}
	order, err := d.API.QueryOrderInfo(ctx, id)
	switch {
	case errors.Is(err, kec.ErrNotFound):
		// There is nothing to explain, and under "ignore" nothing may block a destroy.
		v.missing = []note{{summary: "No such order", detail: fmt.Sprintf(
			"KEC knows no order %s in this account.\n\nCopy the order id from the console, Billing > Order Management.\n\n%s", id, failure.Of(err).Said())}}
	case failure.Denied(err):
		detail := failure.Blind(err, "nothing is known of order "+id).Detail(wizard.Parameters())
		v.missing = []note{{summary: "The order cannot be read", detail: detail, denied: true}}
	case err != nil:
		v.err = err
	default:
		v.order, v.state, v.status = order, serviceState(order), statusText(order.Status)
		v.failures = d.Explainer.OfOrder(ctx, order)
	}
	return v
}

// recordStatuses are the statuses under which a billing record is looked for: failed ones first,
// then running ones.
var recordStatuses = []int{
	kec.BillingFailed, kec.BillingOpened, kec.BillingCreating, kec.BillingReclaimed, kec.BillingDeleted, kec.BillingUnsubscribed,
	kec.BillingExpired, kec.BillingInArrears, 9, kec.BillingShutDown, 11, kec.BillingRefunding,
}

// ofInstance looks the billing record of an instance up, and also the machine where there is no
// record or the record does not say enough.
func (d *DataSource) ofInstance(ctx context.Context, id string) verdict {
	v := verdict{at: path.Root("instance_id"), subject: "Instance " + id, order: &kec.Order{Status: kec.StatusAbsent}, state: unknown}
	record, err := failure.Record(ctx, d.API, id, recordStatuses...)
	denied := failure.Denied(err)
	if err != nil && !denied {
		v.err = err
		return v
	}
	if record != nil {
		v.state, v.status = recordState(record), "billing status: "+failure.StatusText(record)
		v.order = &kec.Order{
			Type: orderTypeOf[record.InstanceType], Status: record.Status, BillName: record.BillTypeName, CreatedAt: record.CreatedAt,
		}
	}
	var in *kec.Instance
	if record == nil || v.state == failed {
		if all, err := d.API.DescribeInstances(ctx, []string{id}, nil); err == nil && len(all) > 0 {
			in = &all[0]
		}
	}
	if record == nil && in != nil {
		v.state, v.status = instanceState(in), "instance state: "+in.State
	}
	if v.state == failed {
		v.failures = []failure.Failure{d.Explainer.OfRecord(ctx, id, in, record)}
	}
	switch {
	case denied:
		f := failure.Blind(err, "the billing record of instance "+id+" cannot be read")
		f.Note = fmt.Sprintf("What KEC shows of the instance itself: service_state is %q.", v.state)
		v.missing = []note{{summary: "The billing record cannot be read", detail: f.Detail(wizard.Parameters()), denied: true, onlyWarning: true}}
	case record == nil && in == nil:
		v.missing = []note{{summary: "No such instance", detail: fmt.Sprintf(
			"KEC knows no instance %s in this account, and has no billing record of it.\n\nCopy the instance id from the message of the failed launch.", id)}}
	}
	return v
}

// orderTypeOf gives the order type for the instance type of a billing record.
var orderTypeOf = map[int64]int{1: 2, 2: 1}

// report adds the failures as errors or warnings, as on_failure wants, at the key. Failures of one
// cause are one message.
func (v verdict) report(how string, resp *datasource.ReadResponse) {
	for _, n := range v.missing {
		switch {
		case how != onFailureIgnore && how != onFailureWarning && !n.onlyWarning:
			resp.Diagnostics.AddAttributeError(v.at, n.summary, n.detail)
		case how != onFailureIgnore || n.denied:
			resp.Diagnostics.AddAttributeWarning(v.at, n.summary, n.detail)
		}
	}
	for failures := v.failures; len(failures) > 0; {
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
		summary, detail := v.describe(same)
		switch {
		case how == onFailureIgnore:
		case how == onFailureWarning || !same[0].Final():
			resp.Diagnostics.AddAttributeWarning(v.at, summary, detail)
		default:
			resp.Diagnostics.AddAttributeError(v.at, summary, detail)
		}
	}
}

// describe words failures of one cause as one message.
func (v verdict) describe(same []failure.Failure) (summary, detail string) {
	f := same[0]
	which := v.subject
	if n := len(v.order.SubOrders); n > 1 {
		which = fmt.Sprintf("%d of the %d sub-orders of order %s", len(same), n, v.order.ID)
	}
	if len(same) > 1 {
		ids := make([]string, 0, len(same))
		for _, one := range same {
			ids = append(ids, one.SubOrderID)
		}
		f.SubOrderID = strings.Join(ids, ", ")
	}
	if f.Final() {
		f.Facts = strings.TrimSpace(fmt.Sprintf("%s failed (%s). %s", which, v.status, f.Facts))
		summary = f.Headline("Spot order failed")
	} else {
		f.Facts = strings.TrimSpace(fmt.Sprintf("%s opens nothing (%s). %s", v.subject, v.status, f.Facts))
		summary = f.Summary
	}
	where := ""
	if at := attribute(f); at != "" {
		where = "Attribute: " + at + " of kec_spot_instance"
	}
	return summary, f.Detail(wizard.Parameters(), where)
}
