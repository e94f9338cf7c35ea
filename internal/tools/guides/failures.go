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
		"*Again* says whether the same configuration may succeed later. Codes do not change between versions; new ones may come.\n\n" +
		"| Code | Meaning | Attribute | What to do | Again |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range failure.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Code, c.Summary, attribute(c), c.RemedyText(wizard.Parameters()), yes(c.Retryable))
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

// attribute is the attribute of kec_spot_instance that a cause points at.
func attribute(c failure.Cause) string {
	if at, ok := wizard.Parameters().Locate(c.Param); ok {
		return "`" + at.String() + "`"
	}
	if c.Code == failure.InvalidParameter {
		return "the one KEC names"
	}
	return "–"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
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
