package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// endpoint accepts a URL to which signed requests may be sent: https, or http to this machine.
type endpoint struct{}

func (endpoint) Description(context.Context) string {
	return "an https URL, or http to a loopback host, without user info, path or query"
}
func (e endpoint) MarkdownDescription(ctx context.Context) string { return e.Description(ctx) }

func (endpoint) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := ksyun.CheckEndpoint(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Endpoint cannot be used",
			sentence(err)+"\n\nGive an https URL such as https://kec.api.ksyun.com, or http://127.0.0.1:PORT for a simulator.")
	}
}

// sentence is the text of an error as a sentence, with a capital letter and a full stop.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// duration accepts a positive duration with its unit.
type duration struct{}

func (duration) Description(context.Context) string               { return "a positive duration such as 30s" }
func (d duration) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

func (duration) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || d <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a duration",
			fmt.Sprintf("%q is not a positive duration.\n\nGive a number with a unit, such as 30s or 2m.", req.ConfigValue.ValueString()))
	}
}
