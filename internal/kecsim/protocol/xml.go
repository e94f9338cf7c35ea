package protocol

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// XML is the content type of answers in XML.
const XML = "application/xml; charset=utf-8"

// WantsJSON tells whether an Accept header asks for JSON.
func WantsJSON(accept string) bool { return strings.Contains(strings.ToLower(accept), "json") }

// EncodeXML writes an answer as XML: an element for each member, in the order of their names, and
// an Item for each element of a list. Members that spelling has an entry for get its name.
//
// documented: Item (fact 310). assumed: the order, the root, and empty elements for what is absent
// or empty (fact 314).
func EncodeXML(root string, v any, spelling map[string]string) []byte {
	dec := json.NewDecoder(bytes.NewReader(Encode(v))) // so that all types are written as in JSON
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		plain = nil // Encode writes JSON
	}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	appendXML(&out, root, plain, spelling)
	return out.Bytes()
}

func appendXML(out *bytes.Buffer, name string, v any, spelling map[string]string) {
	if other, otherwise := spelling[name]; otherwise {
		name = other
	}
	out.WriteString("<" + name + ">")
	switch v := v.(type) {
	case map[string]any:
		for _, member := range slices.Sorted(maps.Keys(v)) {
			appendXML(out, member, v[member], spelling)
		}
	case []any:
		for _, item := range v {
			appendXML(out, "Item", item, spelling)
		}
	case string:
		_ = xml.EscapeText(out, []byte(v)) // a buffer takes everything
	case bool, json.Number:
		out.Write(Encode(v))
	}
	out.WriteString("</" + name + ">")
}
