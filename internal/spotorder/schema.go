package spotorder

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Schema describes the data source: its inputs, the verdict, then the order.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	money := func(description string) schema.NumberAttribute {
		return schema.NumberAttribute{Computed: true, MarkdownDescription: description + ", in CNY, exact; null if KEC does not say."}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The order behind a launch, as the console's *Billing > Order Management* shows it, and why it failed.\n\n" +
			"A failed order is an error in `terraform plan`, with its cause, KEC's own words and the remedy. Because a data source that fails also " +
			"blocks `terraform destroy`, a configuration that is kept for long sets `on_failure = \"ignore\"` and asserts `failed` in a `check` block, " +
			"where a failure is a warning.\n\n" +
			"KEC has no way to find the order of an instance, so one of two keys is given: the order's id, which the console shows, or the instance's id, " +
			"which a failed launch names. With the latter the billing record of the instance is read instead of the order: there are no sub-orders then, " +
			"and no prices.\n\n" +
			"KEC's order API has no field for the cause. The provider looks for a reason-like text in the raw answer (`source` is `api`), then in the " +
			"billing record of the instance (`billing`), then concludes the likely cause from what KEC offers now (`inferred`). Where nothing is found the " +
			"code is `Unknown`. The guide *When a spot order fails* lists all codes.",
		Attributes: map[string]schema.Attribute{
			"order_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Order id. Valid values: the console, *Billing > Order Management*. Exactly one of `order_id` and `instance_id` is set.",
				Validators: []validator.String{
					stringvalidator.LengthAtLeast(1), stringvalidator.ExactlyOneOf(path.MatchRoot("order_id"), path.MatchRoot("instance_id")),
				},
			},
			"instance_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Id of an instance, also of one that failed or is gone. Valid values: the message of a failed launch, the console.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"on_failure": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What a failed order is: `error` stops the plan, `warning` is shown, `ignore` is only in `failed` and `failures`. Default: `error`.",
				Validators:          []validator.String{stringvalidator.OneOf(onFailureError, onFailureWarning, onFailureIgnore)},
			},

			"service_state": computed("State of the request: `Creating`, `Succeeded`, `PartiallyFailed`, `Failed`, `Unpaid`, `Canceled`, `Refunding`, " +
				"`Refunded`, `Released` (opened, and gone since) or `Unknown`."),
			"failed": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether instances of the order failed to open: true for `Failed` and `PartiallyFailed`, and for an order whose failed part has been refunded.",
			},
			"failures": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "One entry for each sub-order or instance that failed, or one for an order that is not paid or was cancelled; else empty.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"code": computed("Cause, such as `OutOfStock`, `ExcessiveNumber`, `PriceBelowMarket`, `SubnetFull`, `OrderUnpaid` or `Unknown`. The guide " +
						"*When a spot order fails* lists all. Codes do not change between versions."),
					"summary":      computed("The cause in one line."),
					"message":      computed("KEC's own words, unaltered; null if it said nothing."),
					"remedy":       computed("What to change, in one sentence."),
					"attribute":    computed("The attribute of `kec_spot_instance` to change; null if the cause lies outside the configuration."),
					"retryable":    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the same configuration may succeed later."},
					"source":       computed("How the cause is known: `api`, `billing` or `inferred`, which means likely; null if it is not known."),
					"sub_order_id": computed("The sub-order that failed."),
					"instance_id":  computed("The instance that failed; null if KEC does not say, and for an address or a disk."),
				}},
			},
			"sub_orders": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The parts of the order; empty with `instance_id`.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":            computed("Sub-order id."),
					"instance_id":   computed("The instance it became or is to become, or the address or disk of a sub-order of such; null if KEC does not say."),
					"state":         computed("`Creating`, `Succeeded`, `Failed`, `Canceled` or `Unknown`."),
					"status_code":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Status as KEC numbers it: 1 creating, 2 opened, 3 failed to open."},
					"quantity":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How many were ordered."},
					"price":         money("Price after discount"),
					"product":       computed("Product, such as `N3`."),
					"items":         schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The ordered configuration as KEC lists it."},
					"service_begin": computed("Begin of service, RFC 3339 in UTC; null before."),
					"service_end":   computed("End of service, RFC 3339 in UTC; null while it runs."),
				}},
			},
			"order_name": computed("Name of the order."),
			"purpose":    computed("What the order does, such as `purchase` or `refund`; null if KEC does not say."),
			"order_type": computed("`regular` or `trial`."),
			"status_code": schema.Int64Attribute{Computed: true, MarkdownDescription: "Status as KEC numbers it. Of an order: 0 unpaid, 1 paid, 2 cancelled, 4 refunded, 5 refunding, 20 some failed, 21 all failed. " +
				"With `instance_id`, of its billing record: 1 creating, 2 opened, 3 failed to open, 4 expired, 5 reclaimed, 6 unsubscribed, 7 deleted, 8 to 12 " +
				"in arrears, shut down or being unsubscribed."},
			"billing_method": computed("Name of the billing method, such as `Spot`."),
			"total_price":    money("List price"),
			"paid_price":     money("Price after discount"),
			"payable_price":  money("What is still to pay"),
			"created_at":     computed("Time of the order, RFC 3339 in UTC."),
			"paid_at":        computed("Time of payment, RFC 3339 in UTC; null if unpaid."),
			"updated_at":     computed("Time of the last change, RFC 3339 in UTC."),
		},
	}
}
