package kec

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// BillingRecord is what trade QueryInstances knows of one instance (facts 117 and 118). It holds neither an order id nor a cause.
type BillingRecord struct {
	InstanceID        string
	Status            int // 1 creating, 2 opened, 3 failed to open, 4 expired, 5 reclaimed, 6 unsubscribed, 7 deleted, ...
	StatusName        string
	BillType          int64 // 810 is spot
	BillTypeName      string
	PayTypeName       string
	InstanceType      int64 // 1 formal, 2 trial
	InstanceTypeName  string
	ProductGroup      int64
	ProductType       int64
	ProductTypeName   string
	Region            string
	RegionName        string
	BillingBegin      *time.Time
	BillingEnd        *time.Time
	CreatedAt         *time.Time
	ProjectID         *int64
	RenewStrategy     int64
	RenewStrategyName string
	RenewDuration     int64
	UserID            string
	Raw               json.RawMessage // the whole element
}

// billingPage is the documented default size of a page; no larger one is known to be allowed.
const billingPage = 10

// QueryInstances returns the billing records of the instances with these ids that are in this billing status, which is one of those
// of BillingRecord.Status. The service shows only status 2 unless another one is asked for. Without ids it returns all.
func (c *Client) QueryInstances(ctx context.Context, status int, ids ...string) ([]BillingRecord, error) {
	if slices.Contains(ids, "") {
		return nil, errEmptyID
	}
	if len(ids) == 0 {
		return c.queryInstances(ctx, status, nil)
	}
	var all []BillingRecord
	for chunk := range slices.Chunk(ids, maxIDs) {
		records, err := c.queryInstances(ctx, status, chunk)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
	}
	return all, nil
}

func (c *Client) queryInstances(ctx context.Context, status int, ids []string) ([]BillingRecord, error) {
	var all []BillingRecord
	for page, got := 1, 0; ; page++ {
		body := map[string]any{"status": status, "page": page, "size": billingPage}
		if len(ids) > 0 {
			body["instanceIds"] = ids
		}
		var total number
		var onPage int
		fresh := false
		err := c.ask(ctx, &call{service: tradeService, action: "QueryInstances", version: billingVersion, json: body}, func(ans *answer) error {
			data, notObject := object(ans.fields["data"])
			if notObject != "" {
				return ans.malformed("the answer holds no data")
			}
			decode(data["total"], &total)
			list, ok := array(data["retresponse"])
			if !ok && total.intOr(-1) != 0 {
				return ans.malformed("the answer holds no list of instances")
			}
			onPage = len(list)
			for _, raw := range list {
				r := decodeBilling(raw)
				same := func(id string) bool { return strings.EqualFold(id, r.InstanceID) }
				if r.InstanceID == "" || len(ids) > 0 && !slices.ContainsFunc(ids, same) {
					continue
				}
				if !slices.ContainsFunc(all, func(o BillingRecord) bool { return bytes.Equal(o.Raw, r.Raw) }) {
					all, fresh = append(all, r), true
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		got += onPage
		// A page that brings nothing new ends the list: it is the last one, or the service ignores the page number.
		if !fresh || total.int() != nil && int64(got) >= *total.int() || total.int() == nil && onPage < billingPage {
			return all, nil
		}
	}
}

func decodeBilling(raw json.RawMessage) BillingRecord {
	var w struct {
		InstanceID, StatusName, BillTypeName, PayTypeName, InstanceTypeName, ProductTypeName text
		Region, RegionName, RenewStrategyName, UserID                                        text
		Status, BillType, InstanceType, ProductGroup, ProductType                            number
		IamProjectID, RenewStrategy, RenewDuration                                           number
		BillingBeginTime, BillingEndTime, CreateTime                                         instant
	}
	decode(raw, &w)
	return BillingRecord{
		InstanceID: string(w.InstanceID), Status: int(w.Status.intOr(StatusAbsent)), StatusName: string(w.StatusName),
		BillType: w.BillType.intOr(0), BillTypeName: string(w.BillTypeName), PayTypeName: string(w.PayTypeName),
		InstanceType: w.InstanceType.intOr(0), InstanceTypeName: string(w.InstanceTypeName),
		ProductGroup: w.ProductGroup.intOr(0), ProductType: w.ProductType.intOr(0), ProductTypeName: string(w.ProductTypeName),
		Region: string(w.Region), RegionName: string(w.RegionName),
		BillingBegin: w.BillingBeginTime.Time, BillingEnd: w.BillingEndTime.Time, CreatedAt: w.CreateTime.Time,
		ProjectID: w.IamProjectID.int(), RenewStrategy: w.RenewStrategy.intOr(0), RenewStrategyName: string(w.RenewStrategyName),
		RenewDuration: w.RenewDuration.intOr(0), UserID: string(w.UserID), Raw: bytes.Clone(raw),
	}
}
