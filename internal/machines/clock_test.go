package machines

import (
	"net/http"
	"testing"
	"time"
)

func TestServiceTime_asksOnceAndOnlyIfNothingIsKnown(t *testing.T) {
	t.Parallel()
	s := &script{}
	c, clk := client(t, s)
	asked := 0
	s.Answer = func(int, sent) reply {
		asked++
		r := refuse(400, "InvalidParameterValue", "no")
		r.Header = http.Header{"Date": {clk.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}
		return r
	}
	for range 3 {
		equal(t, "offset", c.ServiceTime(t.Context(), "i-1").Sub(clk.Now()), time.Hour)
	}
	equal(t, "questions", asked, 1)

	c, clk = client(t, s)
	_, _ = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	equal(t, "offset", c.ServiceTime(t.Context(), "i-1").Sub(clk.Now()), time.Hour)
	equal(t, "questions", asked, 2)
}
