package spotfleet

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hashicorp/go-uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Create orders the machines and waits until they run. The state holds their ids before anything is
// waited for. A fleet that does not reach min_capacity is given back, proven gone, and the error
// names what each candidate gave: a creation that fails with machines in the state would be
// tainted, and the next apply would end them all. A creation that the user has interrupted keeps
// what it has, and the next apply goes on.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer guard.Recover(&resp.Diagnostics, "creating a spot fleet")
	if resp.Diagnostics.Append(r.unready("created")...); resp.Diagnostics.HasError() {
		return
	}
	var plan, config model
	resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &config)...)
	timeout, diags := plan.Timeouts.Create(ctx, createTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r.Preflight.Applying()

	id, err := newID(r.API.RandomHex())
	if err != nil {
		resp.Diagnostics.AddError("No id for the fleet", err.Error())
		return
	}
	plan.ID = types.StringValue(id)
	mem := &memory{Since: r.API.Now(), Settings: fingerprint(&plan)}
	save := func(have []member) {
		plan.have(have, mem)
		resp.Diagnostics.Append(codec().Write(ctx, &plan, &resp.State.Raw)...)
		resp.State.Raw = tfvalue.Resolve(req.Plan.Raw, resp.State.Raw)
		resp.Diagnostics.Append(mem.keep(ctx, resp.Private, have, r.API.Now())...)
	}
	order := plan
	order.PasswordWO = config.PasswordWO // only the configuration holds a write-only value
	f := r.fill(ctx, &order, mem, nil, save)
	save(f.have)
	resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
	switch got := int64(len(started(f.have))); {
	case got >= plan.target():
		resp.Diagnostics.Append(f.late(whole)...)
	case interrupted(whole):
		resp.Diagnostics.Append(f.cut()...)
	case got >= plan.least():
		resp.Diagnostics.Append(f.short("").Warning(plan.table()))
	default:
		note := f.giveBack(whole)
		save(f.have)
		if len(f.have) == 0 {
			resp.State.RemoveResource(ctx)
		}
		resp.Diagnostics.Append(f.short(note).Diagnostic(plan.table()))
	}
}

// newID is a UUID of these random digits.
func newID(random string) (string, error) {
	raw, err := hex.DecodeString(random)
	if err != nil {
		return "", err
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80 // RFC 9562: version 4
	return uuid.FormatUUID(raw)
}

// giveBack ends everything that a failed creation has got, whatever is left of its time, and says
// what is left.
func (f *filling) giveBack(ctx context.Context) string {
	if len(f.have) == 0 {
		return "Nothing was bought, and nothing is in the state."
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBack)
	defer cancel()
	got := len(f.have)
	failed := f.end(ctx, f.plan, f.have)
	gone := map[string]bool{}
	var left []string
	for _, one := range f.have {
		if failed[one.key()] == nil {
			gone[one.key()] = true
		} else {
			left = append(left, fmt.Sprintf("%s: %v", one.title(), failed[one.key()]))
		}
	}
	f.have = without(f.have, gone)
	if len(left) > 0 {
		return fmt.Sprintf("%d of the %d machines that were got could not be given back. They are in the state; the next apply or destroy ends them. %s.",
			len(left), got, strings.Join(left, "; "))
	}
	return fmt.Sprintf("The %d machines that were got are given back, and nothing is in the state.", got)
}

// short is the failure of a fleet that has fewer machines than it is to have. The note says what
// became of those that were got.
func (f *filling) short(note string) failure.Failure {
	rows, got := make([]market.Row, len(f.rows)), int64(0)
	for i, r := range f.rows {
		rows[i] = r.Row
		got += r.Got
	}
	has := int64(len(started(f.have)))
	summary := fmt.Sprintf("The fleet has %d of %d machines", has, f.plan.target())
	switch least := f.plan.least(); {
	case note != "":
		summary = fmt.Sprintf("The fleet is short of machines: %d wanted at least, %d got", least, got)
	case has < least:
		summary = fmt.Sprintf("The fleet is short of machines: %d wanted at least, %d there", least, has)
	}
	code := failure.FleetShort
	if f.dear {
		code = failure.FleetTooDear
	}
	if f.stop == nil {
		return failure.Fleet(code, summary, market.Table(rows), note)
	}
	why := *f.stop
	why.Facts = strings.TrimSpace(why.Facts + "\n\n" + summary + ".\n" + market.Table(rows))
	why.Note = strings.TrimSpace(why.Note + " " + note)
	return why
}

// cut are the warnings of a creation or an update that the user has stopped. Where it is not known
// what the last launch has brought, one of them names its mark.
func (f *filling) cut() diag.Diagnostics {
	var diags diag.Diagnostics
	known, next := "all that were ordered are in the state", "The next apply orders the rest."
	if f.missing() < 1 {
		next = "The next refresh shows whether they run."
	}
	if f.stop != nil && f.stop.Code == failure.OutcomeUnknown {
		known = "what its last launch has brought is not known"
		diags.Append(f.stop.Warning(f.plan.table()))
	}
	diags.AddWarning("Interrupted: the fleet is not complete", fmt.Sprintf(
		"%s has %d of %d machines; %s.\n\n%s", sentence(f.plan.title()), len(started(f.have)), f.plan.target(), known, next))
	return diags
}

// late is a warning about machines that had not started when the time was over.
func (f *filling) late(ctx context.Context) diag.Diagnostics {
	n := len(f.pending())
	switch {
	case n == 0:
		return nil
	case interrupted(ctx):
		return f.cut()
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Machines of the fleet do not run yet", fmt.Sprintf(
		"The time was over before %d of the %d machines of %s ran. They are in the state, and the next refresh shows what has become of them.\n\n"+
			"Give the operation more time in timeouts.", n, len(f.have), f.plan.title()))}
}

// sentence is a text with its first letter in upper case.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
