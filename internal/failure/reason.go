package failure

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// reasonKeys are fragments of the names under which a service may tell a
// reason. No model of KEC has such a field; its answers may (fact 212).
var reasonKeys = []string{"reason", "cause", "fail", "error", "msg", "message", "remark", "desc"}

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
	return reasonIn(object)
}

func reasonIn(object map[string]any) string {
	names := slices.Sorted(maps.Keys(object))
	for _, name := range names {
		if text, ok := object[name].(string); ok && reasonLike(name) && strings.TrimSpace(text) != "" {
			return text
		}
	}
	for _, name := range names {
		switch value := object[name].(type) {
		case map[string]any:
			if text := reasonIn(value); text != "" {
				return text
			}
		case []any:
			if text := reasonInPairs(value); text != "" {
				return text
			}
		}
	}
	return ""
}

func reasonInPairs(list []any) string {
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
		if reasonLike(key) && strings.TrimSpace(value) != "" {
			return value
		}
	}
	return ""
}

func reasonLike(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(reasonKeys, func(k string) bool { return strings.Contains(name, k) })
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
