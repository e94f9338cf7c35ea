package kec

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// BillingRecord is what trade QueryInstances knows of one instance (facts 117 and 118: the action
// and the billing statuses). It holds neither an order id nor a cause.
type BillingRecord struct {
	InstanceID   string
	Status       int // such as BillingOpened
	StatusName   string
	BillTypeName string
	Region       string
	InstanceType int64 // 1 formal, 2 trial
	CreatedAt    *time.Time
	Raw          json.RawMessage // the whole element
}

// The billing statuses of an instance whose meaning is used here (facts 118 and 241: what each
// means). 9 and 11 are of an instance that was opened and is gone.
const (
	BillingCreating     = 1
	BillingOpened       = 2
	BillingFailed       = 3 // failed to open
	BillingExpired      = 4
	BillingReclaimed    = 5
	BillingUnsubscribed = 6
	BillingDeleted      = 7
	BillingInArrears    = 8
	BillingShutDown     = 10
	BillingRefunding    = 12 // unsubscribing
)

// billingPage is the documented default size of a page; no larger one is known to be allowed.
const billingPage = 10

// QueryInstances returns the billing records of the instances with these ids that are in this
// billing status. The service shows only BillingOpened unless another status is asked for. Without
// ids it returns the records of all instances.
func (c *Client) QueryInstances(ctx context.Context, status int, ids ...string) ([]BillingRecord, error) {
	if slices.Contains(ids, "") {
		return nil, ErrEmptyID
	}
	if len(ids) == 0 {
		return c.billingRecords(ctx, status, nil)
	}
	var all []BillingRecord
	for chunk := range slices.Chunk(ids, MaxIDs) {
		records, err := c.billingRecords(ctx, status, chunk)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
	}
	return all, nil
}

// billingRecords reads every page.
func (c *Client) billingRecords(ctx context.Context, status int, ids []string) ([]BillingRecord, error) {
	var all []BillingRecord
	for page, got := 1, 0; ; page++ {
		body := map[string]any{"status": status, "page": page, "size": billingPage}
		if len(ids) > 0 {
			body["instanceIds"] = ids
		}
		var total ksyun.Number
		var onPage int
		fresh := false
		err := c.read(ctx, ksyun.Call{
			Service: ksyun.Trade, Action: "QueryInstances", Version: billingVersion, JSON: body,
		}, func(ans *ksyun.Answer) error {
			data, notObject := ksyun.Object(ans.Fields["data"])
			if notObject != "" {
				return ans.Unusable("the answer holds no data")
			}
			ksyun.Decode(data["total"], &total)
			list, ok := ksyun.Array(data["retresponse"])
			if !ok && total.IntOr(-1) != 0 {
				return ans.Unusable("the answer holds no list of instances")
			}
			onPage = len(list)
			for _, raw := range list {
				r := decodeBilling(raw)
				asked := func(id string) bool { return strings.EqualFold(id, r.InstanceID) }
				if r.InstanceID == "" || len(ids) > 0 && !slices.ContainsFunc(ids, asked) {
					continue
				}
				same := func(o BillingRecord) bool { return bytes.Equal(o.Raw, r.Raw) }
				if !slices.ContainsFunc(all, same) {
					all, fresh = append(all, r), true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		got += onPage
		// A page that brings nothing new ends the list: it is the last one, or the service ignores
		// the page number.
		if !fresh || total.Int() != nil && int64(got) >= *total.Int() || total.Int() == nil && onPage < billingPage {
			return all, nil
		}
	}
}

func decodeBilling(raw json.RawMessage) BillingRecord {
	var w struct {
		InstanceID, StatusName, BillTypeName, Region ksyun.Text
		Status, InstanceType                         ksyun.Number
		CreateTime                                   ksyun.Instant
	}
	ksyun.Decode(raw, &w)
	return BillingRecord{
		InstanceID: string(w.InstanceID), Status: int(w.Status.IntOr(StatusAbsent)), StatusName: string(w.StatusName),
		BillTypeName: string(w.BillTypeName), Region: string(w.Region), InstanceType: w.InstanceType.IntOr(0), CreatedAt: w.CreateTime.Time,
		Raw: bytes.Clone(raw),
	}
}
