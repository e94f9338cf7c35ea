package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// billing is what the billing service tells of one instance.
type billing struct {
	record *kec.BillingRecord // nil if there is none, or it could not be had
	denied bool               // the user behind the keys may not look
}

// billed looks for the record of an instance that failed to open.
func billed(ctx context.Context, client *kec.Client, id string) billing {
	record, err := Record(ctx, client, id, kec.BillingFailed, kec.BillingCreating)
	return billing{record: record, denied: Denied(err)}
}

// Record is the billing record of an instance, nil if it has none in these states. Each state is a
// request of its own, because a record is shown in its own state only (fact 117: one state a
// query).
func Record(ctx context.Context, client *kec.Client, id string, statuses ...int) (*kec.BillingRecord, error) {
	for _, status := range statuses {
		records, err := client.QueryInstances(ctx, status, id)
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			return &records[0], nil
		}
	}
	return nil, nil
}

// Alive are those of some instances, by their ids in lower case, whose billing records say that
// they are being opened or are open: evidence against look-ups that do not show them, because views
// of KEC may lag behind each other. A record that cannot be had is no evidence.
func Alive(ctx context.Context, client *kec.Client, ids ...string) map[string]bool {
	alive := map[string]bool{}
	if len(ids) == 0 { // which asks for all
		return alive
	}
	for _, status := range []int{kec.BillingCreating, kec.BillingOpened} {
		records, _ := client.QueryInstances(ctx, status, ids...)
		for _, record := range records {
			alive[strings.ToLower(record.InstanceID)] = true
		}
	}
	return alive
}

// Denied tells whether KEC refused a request for lack of permission (fact 215: 403 is about keys or
// permission), and not because the keys are wrong.
func Denied(err error) bool {
	var refusal *ksyun.Error
	if !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
		return false
	}
	code := strings.ToLower(refusal.Code)
	return !slices.ContainsFunc([]string{"signature", "token", "accesskey", "skewed", "expired"}, func(s string) bool {
		return strings.Contains(code, s)
	})
}

// Blind explains a look-up at the billing service that was refused for lack of permission. lost
// says what remains unknown.
func Blind(err error, lost string) Failure {
	f := Of(err)
	f.Facts = noAccess(f.Action, lost)
	f.Remedy = fmt.Sprintf("Give that user permission for trade %s in the account's access control.", f.Action)
	return f
}

func noAccess(action, lost string) string {
	return fmt.Sprintf("The user behind the keys has no permission for trade %s, so %s.", action, lost)
}

// bill takes the reason from a billing record. A record without a reason gives its state.
func (f *Failure) bill(b billing) {
	switch {
	case b.denied:
		f.Facts = joined(" ", f.Facts, noAccess("QueryInstances", "the billing record could not be asked for the reason"))
	case b.record == nil || f.Words != "":
	default:
		if words := reason(b.record.Raw); words != "" {
			f.Words, f.Source, f.Action, f.RequestID = words, FromBilling, "QueryInstances", ""
			return
		}
		f.Facts = joined(" ", f.Facts, "Its billing record says: "+StatusText(b.record)+".")
	}
}

// StatusText is the state of a billing record in KEC's words.
func StatusText(r *kec.BillingRecord) string {
	if r.StatusName == "" {
		return fmt.Sprintf("status %d", r.Status)
	}
	return fmt.Sprintf("%s (status %d)", r.StatusName, r.Status)
}
