package ksyun

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDecode_scalars(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`"a"`: "a", `" a "`: " a ", `1.50`: "1.50", `true`: "true", `null`: "", `{}`: "", `[1]`: "", ``: "", `"长"`: "长"} {
		equal(t, "text "+in, TextOf(json.RawMessage(in)), want)
	}
	for in, want := range map[string]string{
		`0.12345`: "0.12345", `"0.50"`: "0.5", `" 7 "`: "7", `1e-3`: "0.001", `0.1`: "0.1", `null`: "-", `""`: "-", `"x"`: "-", `{}`: "-", `[]`: "-",
		`true`: "-", `1e999999999`: "-", `"NaN"`: "-", `"Infinity"`: "-", `0.1000000000000000055511151231257827`: "0.1000000000000000055511151231257827",
	} {
		var n Number
		Decode(json.RawMessage(in), &n)
		got := "-"
		if n.Decimal != nil {
			got = n.String()
		}
		equal(t, "number "+in, got, want)
	}
	for in, want := range map[string]int64{`7`: 7, `"7"`: 7, `7.0`: 7, `7.5`: -1, `1772442841000`: 1772442841000, `9223372036854775808`: -1, `1e3`: 1000} {
		var n Number
		Decode(json.RawMessage(in), &n)
		equal(t, "int "+in, n.IntOr(-1), want)
	}
	for in, want := range map[string]string{
		`true`: "true", `false`: "false", `"true"`: "true", `"False"`: "false", `1`: "true", `"0"`: "false", `null`: "-", `""`: "-", `"yes"`: "-", `{}`: "-",
	} {
		var f Flag
		Decode(json.RawMessage(in), &f)
		got := "-"
		if f.Value != nil {
			got = map[bool]string{true: "true", false: "false"}[*f.Value]
		}
		equal(t, "flag "+in, got, want)
	}
	for in, want := range map[string]string{
		`1772442841000`: "2026-03-02T09:14:01Z", `"1772442841000"`: "2026-03-02T09:14:01Z", `0`: "-", `"0"`: "-", `null`: "-", `""`: "-", `"soon"`: "-",
		`"2026-03-02 17:14:02"`: "2026-03-02T09:14:02Z", `"2026-03-02T09:14:02Z"`: "2026-03-02T09:14:02Z", `{}`: "-",
	} {
		var i Instant
		Decode(json.RawMessage(in), &i)
		got := "-"
		if i.Time != nil {
			got = i.Format(time.RFC3339)
		}
		equal(t, "instant "+in, got, want)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-03-02T09:14:05Z":      "2026-03-02T09:14:05Z",
		"2026-03-02T17:14:05+08:00": "2026-03-02T09:14:05Z",
		"2026-03-02 17:14:05":       "2026-03-02T09:14:05Z",
		" 2026-03-02T17:14:05 ":     "2026-03-02T09:14:05Z",
		"2026-03-02 17:14":          "2026-03-02T09:14:00Z",
		"":                          "", "0000-00-00 00:00:00": "", "tomorrow": "",
	} {
		at, ok := ParseTime(in)
		got := ""
		if ok {
			got = at.Format(time.RFC3339)
		}
		equal(t, in, got, want)
	}
}
