package main

import (
	"context"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
)

// A section for each step of the wizard, and in it what is said about each attribute, those that
// are required first and parts below the whole.
func TestSpotInstance(t *testing.T) {
	t.Parallel()
	steps := spotinstance.Groups(context.Background())
	page := spotInstance(steps)
	for _, want := range []string{
		"---\npage_title: \"Spot instance, step by step\"\nsubcategory: \"\"\n",
		"| [Bid, type and image](#bid-type-and-image) | What is bought, and at what price. | [`image_id`](#image_id), " +
			"[`instance_type`](#instance_type), [`spot_price_limit`](#spot_price_limit), [`spot_strategy`](#spot_strategy) |\n",
		"\n\n## Bid, type and image\n\nWhat is bought, and at what price.\n\n### `image_id`\n\n*String, required.*\n\nImage to boot: ",
		"### `instance_type`\n\n*String, required.*\n\nInstance type, such as `N3.2B`.",
		"### `security_group_ids`\n\n*Set of strings, required.*\n\n",
		"\n\n### `data_disks`\n\n*List of objects, optional.*\n\n",
		"#### `data_disks[*].size_gib`\n\n*Whole number, required.*\n\nRequired. Size in GiB.",
		"### `password_wo`\n\n*String, optional, write-only.*\n\n",
		"### `tags`\n\n*Map of strings, optional.*\n\n",
		"### `deletion_protection`\n\n*Bool, optional.*\n\n",
		"### `state`\n\n*String, read-only.*\n\n",
		"#### `timeouts.create`\n\n*String, optional.*\n\nLongest time for a creation",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q in\n%s", want, page)
		}
	}
	last := 0
	for _, g := range steps {
		at := strings.Index(page, "\n## "+g.Title+"\n")
		if at < last {
			t.Errorf("the section %q is not where the wizard has it", g.Title)
		}
		last = at
	}
	if strings.Index(page, "### `image_id`") > strings.Index(page, "### `spot_price_limit`") {
		t.Error("a required attribute stands behind an optional one")
	}
}

// The page of benchmarks is quoted from its date to the last table of what a user waits for.
func TestQuote(t *testing.T) {
	t.Parallel()
	const page = "# B\n\ntext\n\n| | |\n| --- | --- |\n| date | d |\n\n## Limits\n\nl\n\n## Refresh: r\n\nrows\n\n## Creation\n\nmore\n\n## The provider's process\n\nx\n"
	got, err := quote(page)
	if want := "| | |\n| --- | --- |\n| date | d |\n\n### Refresh: r\n\nrows\n\n### Creation\n\nmore\n"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := quote("# something else\n"); err == nil {
		t.Error("no error")
	}
}

// Pages quote the examples as they stand, and a page that quotes what is not there is no page.
func TestWithExamples(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"machines": machinesText, "market": marketText, "fleets": spotFleetsText} {
		page, err := withExamples(text, "../../../examples")
		if err != nil || strings.Contains(page, "{{") || strings.Count(page, "```terraform\n#") < 2 {
			t.Errorf("%s: %v in\n%s", name, err, page)
		}
	}
	if page, err := withExamples("a\n{{example none/main.tf}}\n", "../../../examples"); err == nil {
		t.Errorf("no error, but %q", page)
	}
}

// Every code can be found on the page, with where it points and what to do.
func TestFailures(t *testing.T) {
	t.Parallel()
	page := failures()
	for _, want := range []string{
		"---\npage_title: \"When a spot order fails\"\n",
		"| `OutOfStock` | Out of stock | `instance_type` | Choose another instance_type, or a subnet_id in another zone, or try again later. | later |\n",
		"| `InvalidParameter` | KEC does not accept a value | the one KEC names | Change the value as KEC says below. | after a change |\n",
		"\n- `Retry: later`: it passes by itself.",
		"| `FleetShort` | Fewer machines than wanted | `target_capacity` | Add candidates in other zones or of other types, lower min_capacity, or set " +
			"wait_for_stock to wait for what is short. | later |\n",
		"| `FleetTooDear` | The machines cost more than max_hourly_cost | `max_hourly_cost` | Raise max_hourly_cost, lower the limits of the candidates, " +
			"or order fewer machines. | after a change |\n",
		"| `InsufficientBalance` | The account's balance is too low | – | Top the account up: ",
		"| `OutOfStock` | `ProductSellOutInvalid` | sellout, sell out, sold out, ",
		"account *and* balance",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("missing: %s", want)
		}
	}
	for _, c := range failure.Catalogue() {
		if !strings.Contains(page, "\n| `"+string(c.Code)+"` | "+c.Summary+" | ") {
			t.Errorf("%s is not on the page", c.Code)
		}
	}
}
