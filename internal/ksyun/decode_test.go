package ksyun

import (
	"encoding/json"
	"fmt"
	"strings"
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

// A number may be as long, as large and as small as any price, and no longer, larger or smaller.
func TestNumber_limits(t *testing.T) {
	t.Parallel()
	ones := strings.Repeat("1", 59)
	for in, want := range map[string]bool{
		"0." + ones: true, "0." + ones + "1": false, "-0." + ones: true, "-1" + ones: true, "11" + ones: false,
		"1e59": true, "1e60": false, "12e58": true, "12e59": false, "1e-59": true, "1e-60": false, "4e-63": false, "1e999999999": false, "1e-999999999": false,
		"1": true, " 1 ": true, "": false, " ": false, strings.Repeat("0", 64): true, strings.Repeat("0", 65): false,
	} {
		d, got := parseDecimal(in)
		equal(t, in, got, want)
		if again, ok := parseDecimal(d.String()); got && (!ok || !again.Equal(d)) {
			t.Errorf("%s is written as %s, which is read as %s", in, d, again)
		}
	}
	for in, want := range map[string]string{"9223372036854775807": "9223372036854775807", "-9223372036854775808": "-9223372036854775808", "-9223372036854775809": "<nil>", "0": "0"} {
		var n Number
		Decode(json.RawMessage(in), &n)
		got := "<nil>"
		if i := n.Int(); i != nil {
			got = fmt.Sprint(*i)
		}
		equal(t, "int "+in, got, want)
	}
}

// A list has no null elements. One that is null, missing or no list is nil; an empty one is not.
func TestItems(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"List":[1,null,"a",{}]}`: "3 false", `{"List":[]}`: "0 false", `{"List":[null]}`: "0 false", `{"List":null}`: "0 true", `{"List":{}}`: "0 true", `{}`: "0 true",
		`{"List":"x"}`: "0 true",
	} {
		var v struct{ List Items }
		Decode(json.RawMessage(in), &v)
		equal(t, in, fmt.Sprint(len(v.List), v.List == nil), want)
	}
	for in, want := range map[string]string{`[1]`: "1 true", `[]`: "0 true", `null`: "0 false", `{}`: "0 false", ``: "0 false", `7`: "0 false"} {
		list, ok := Array(json.RawMessage(in))
		equal(t, "array "+in, fmt.Sprint(len(list), " ", ok), want)
	}
}

// What something that is no object is, in words.
func TestObject_saysWhatItIs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "answered with an empty body", " \n": "answered with an empty body", "<?XML version='1.0'?>": "answered with XML, not JSON", "<a>": "answered with HTML, not JSON",
		"?": "answered with something that is not JSON", "[1]": "answered with JSON that is not an object", "null": "answered with JSON that is not an object", "{}": "",
	} {
		fields, why := Object([]byte(in))
		equal(t, in, why, want)
		equal(t, in+": fields", fields != nil, want == "")
	}
	fields, _ := Object([]byte(`{"Key":1,"KEY":2,"key":3,"None":null}`))
	equal(t, "two spellings", fmt.Sprint(len(fields), " ", string(fields["key"])), "1 3")
}
