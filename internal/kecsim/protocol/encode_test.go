package protocol

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

func TestEncode_writesWhatTheLibraryWrites(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		nil, map[string]any{}, map[string]any(nil), []any{}, []any(nil), "", "plain <b>&", "quote \" and \\", "中文", "line\nend", "del \x7f", "\u2028", "bad \xff",
		true, 0, -7, int64(1 << 62), 1.5, Money(3930), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Second, []string{"a"}, map[string]string{"b": "2", "a": "1"},
		map[string]any{"b": []any{1, "x", nil, map[string]any{"ü": false, "u": Money(-1)}}, "B": []any{[]any{}}, "": struct{ X, y int }{1, 2}},
	} {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		same(t, "JSON", string(Encode(v)), string(bytes.TrimRight(want.Bytes(), "\n")))
	}
	same(t, "what cannot be written", string(Encode(map[string]any{"a": []any{func() {}}})), `{"simulator":"an Extra value cannot be written as JSON"}`)
}

func TestEncodeXML(t *testing.T) {
	t.Parallel()
	got := string(EncodeXML("R", map[string]any{
		"Text": "a<b> & \"中\"", "Number": 7, "Price": Money(3930), "Flag": true, "None": nil, "Empty": []any{}, "ProjectId": int64(1) << 60,
		"List": []any{map[string]any{"Id": "x"}, []string{"y", "z"}},
	}, map[string]string{"ProjectId": "projectId"}))
	same(t, "XML", got, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<R><Empty></Empty><Flag>true</Flag><List><Item><Id>x</Id></Item><Item><Item>y</Item><Item>z</Item></Item></List>"+
		"<None></None><Number>7</Number><Price>0.0393</Price><projectId>1152921504606846976</projectId><Text>a&lt;b&gt; &amp; &#34;中&#34;</Text></R>")
	same(t, "JSON asked for", WantsJSON("text/html, Application/JSON;q=0.9"), true)
	same(t, "anything asked for", WantsJSON("*/*"), false)
	same(t, "nothing asked for", WantsJSON(""), false)
}
