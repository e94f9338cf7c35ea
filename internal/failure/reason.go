package failure

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// reasonKeys are fragments of the names under which a service may tell a
// reason: telling ones first, then those that as a rule describe something else.
// No model of KEC has such a field; its answers may (fact 212).
var reasonKeys = [][]string{{"reason", "cause", "fail", "error", "msg", "message"}, {"remark", "desc"}}

// noReason are values that stand under such a name and tell nothing.
var noReason = []string{"true", "false", "success", "succeeded", "ok", "none", "null", "-"}

// reason returns the first text in a JSON object that stands under a
// reason-like key, or "". It looks into nested objects, and into lists of
// key-value pairs; other lists hold parts with failures of their own.
func reason(raw json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil {
		return ""
	}
	for _, keys := range reasonKeys {
		if text := reasonIn(object, keys); text != "" {
			return text
		}
	}
	return ""
}

func reasonIn(object map[string]any, keys []string) string {
	names := slices.Sorted(maps.Keys(object))
	for _, name := range names {
		if text, ok := object[name].(string); ok && like(name, keys) && tells(text) {
			return text
		}
	}
	for _, name := range names {
		switch value := object[name].(type) {
		case map[string]any:
			if text := reasonIn(value, keys); text != "" {
				return text
			}
		case []any:
			if text := reasonInPairs(value, keys); text != "" {
				return text
			}
		}
	}
	return ""
}

func reasonInPairs(list []any, keys []string) string {
	for _, element := range list {
		pair, _ := element.(map[string]any)
		var key, value string
		for name, v := range pair {
			text, _ := v.(string)
			switch strings.ToLower(name) {
			case "key":
				key = text
			case "value":
				value = text
			}
		}
		if like(key, keys) && tells(value) {
			return value
		}
	}
	return ""
}

func like(name string, keys []string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(name, k) })
}

func tells(text string) bool {
	text = strings.TrimSpace(text)
	_, err := strconv.ParseFloat(text, 64)
	return text != "" && err != nil && !slices.ContainsFunc(noReason, func(s string) bool { return strings.EqualFold(s, text) })
}

// withoutParts drops the sub-orders from an order, so that one part's reason is
// not taken for another's.
func withoutParts(raw json.RawMessage) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	maps.DeleteFunc(object, func(name string, _ json.RawMessage) bool {
		return strings.EqualFold(name, "orderList")
	})
	rest, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	return rest
}
