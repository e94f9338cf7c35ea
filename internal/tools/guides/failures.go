package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// intro is the part of the page that is written by hand.
//
//go:embed failures.md
var intro string

// failures is the page of the catalogue: what each code means, where it points,
// what to do, and by which of KEC's codes and words it is known.
func failures() string {
	var b strings.Builder
	b.WriteString(intro)
	b.WriteString("\n## The codes\n\n" +
		"Codes do not change between versions; new ones may come. *Retry* is the last line of the message, and says what a pipeline may do:\n\n")
	for _, r := range retries {
		fmt.Fprintf(&b, "- `Retry: %s`: %s\n", r.retry, r.means)
	}
	b.WriteString("\nA message that tells of more than one error has the most cautious: `never` before `after a change`, and that before `later`.\n\n" +
		"| Code | Meaning | Attribute | What to do | Retry |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range failure.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Code, c.Summary, attribute(c), c.RemedyText(wizard.Parameters()), c.Retry)
	}
	b.WriteString("\n## How KEC says it\n\n" +
		"An exact code of KEC's decides; else the first code of this list some of whose words stand in KEC's code or message. Words joined by *and* must all be " +
		"there. Words about an EIP, a disk, a security group, an image and their like point at that: a quota of addresses is none of instances. " +
		"What is not recognised is `Unknown`, with KEC's own code and words. Most codes of a refused launch are assumed; the list of what is known and " +
		"what is assumed is part of the source.\n\n| Code | KEC's codes | Words |\n| --- | --- | --- |\n")
	for _, c := range failure.Catalogue() {
		if len(c.Codes)+len(c.Words) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, quoted(c.Codes), words(c.Words))
		}
	}
	return b.String()
}

// retries are what the last line of a message means for a pipeline.
var retries = []struct {
	retry failure.Retry
	means string
}{
	{failure.RetryLater, "it passes by itself. Run the same command again after a while."},
	{failure.RetryAfterChange, "it stays until something is changed: the configuration, the account, the keys or a permission. To repeat the command is in vain."},
	{failure.RetryNever, "do not repeat the command. Somebody has to look first, because a repetition may buy a second machine, or wants what somebody has cancelled."},
}

// ofFleets are the attributes of kec_spot_fleet that the causes of a fleet point at.
var ofFleets = map[failure.Code]string{failure.FleetShort: "target_capacity", failure.FleetTooDear: "max_hourly_cost"}

// attribute is the attribute that a cause points at: of kec_spot_instance, or of kec_spot_fleet for
// what only a fleet has.
func attribute(c failure.Cause) string {
	if name := ofFleets[c.Code]; name != "" {
		return "`" + name + "`"
	}
	if at, ok := wizard.Parameters().Locate(c.Param); ok {
		return "`" + at.String() + "`"
	}
	if c.Code == failure.InvalidParameter {
		return "the one KEC names"
	}
	return "–"
}

func quoted(all []string) string {
	if len(all) == 0 {
		return "–"
	}
	return "`" + strings.Join(all, "`, `") + "`"
}

func words(all []string) string {
	if len(all) == 0 {
		return "–"
	}
	return strings.ReplaceAll(strings.Join(all, ", "), " & ", " *and* ")
}
