package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ReadBody reads a form, or JSON where the content type says so.
//
// documented: both kinds, and a form on GET (facts 7, 14).
func ReadBody(contentType string, body []byte) (url.Values, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return url.Values{}, nil
	}
	if isJSON(contentType) {
		return flattenJSON(body)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the form body is not well-formed")
	}
	return values, nil
}

// isJSON tells whether a content type is that of a JSON body.
func isJSON(contentType string) bool { return strings.Contains(strings.ToLower(contentType), "json") }

// flattenJSON turns a JSON object into flat names: lists from 1, null left out.
//
// documented: trade QueryInstances sends JSON (fact 7). assumed: the flat names
// (fact 181).
func flattenJSON(body []byte) (url.Values, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("the body is not a JSON object")
	}
	if dec.More() {
		return nil, fmt.Errorf("the body holds more than one JSON value")
	}
	out := url.Values{}
	if !flattenInto(out, "", v) {
		return nil, fmt.Errorf("the body has names of over %d characters", maxName)
	}
	return out, nil
}

// maxName bounds the names of a flattened body, so that deep nesting does not make the body
// many times as long. Every name of the API is far shorter.
const maxName = 256

func flattenInto(out url.Values, name string, v any) bool {
	if len(name) > maxName {
		return false
	}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, item := range v {
			if !flattenInto(out, join(name, key), item) {
				return false
			}
		}
	case []any:
		for i, item := range v {
			if !flattenInto(out, join(name, strconv.Itoa(i+1)), item) {
				return false
			}
		}
	case string:
		out.Add(name, v)
	case bool:
		out.Add(name, strconv.FormatBool(v))
	case json.Number:
		out.Add(name, v.String())
	}
	return true
}
