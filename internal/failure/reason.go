package failure

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// reasonKeys are fragments of the keys under which an answer may hold a reason: first keys of
// reasons, then keys that mostly describe something else. KEC documents no such key, but its
// answers may have one (fact 212: keys of reasons).
var reasonKeys = [][]string{{"reason", "cause", "fail", "error", "msg", "message"}, {"remark", "desc"}}

// noReason are values under such keys that tell nothing.
var noReason = []string{"true", "false", "success", "succeeded", "ok", "none", "null", "-"}

// reason is the first text in a JSON object under a key of reasonKeys, or "". It looks into nested
// objects and into lists of key-value pairs. Other lists are left out: they hold parts, whose
// reasons are their own.
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

// withoutParts is an order without its sub-orders, so that the reason of one sub-order is not
// taken for that of another.
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
