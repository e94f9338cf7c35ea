package page

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// drawn is a chart as it is in the page: positions are those of the drawing, and the labels of its
// axes say what they mean.
type drawn struct {
	Zone   string
	Label  string
	Points string
	Dot    [2]float64
	Ticks  []mark // of the prices
	Hours  []mark // of the times
	Bids   []bidLine
}

type mark struct {
	Text string
	At   float64
}

type bidLine struct {
	Kind string
	At   float64
}

// charts reads all charts of the page at once, with the time that the page shows.
func (tb *tab) charts() (all []drawn) {
	tb.t.Helper()
	tb.eval(`[...document.querySelectorAll("article")].map(card => {
		const svg = card.querySelector("svg")
		const number = (shape, name) => Number(shape.getAttribute(name))
		const dot = svg.querySelector("circle")
		return {
			zone: card.querySelector("h4").textContent, label: svg.getAttribute("aria-label"), points: svg.querySelector("polyline").getAttribute("points"),
			dot: [number(dot, "cx"), number(dot, "cy")],
			ticks: [...svg.querySelectorAll("text.tick")].map(t => ({ text: t.textContent, at: number(t, "y") - 4 })),
			hours: [...svg.querySelectorAll("text.hour")].map(t => ({ text: t.textContent, at: number(t, "x") })),
			bids: [...svg.querySelectorAll("line.bid, line.outbid")].map(l => ({ kind: l.getAttribute("class"), at: number(l, "y1") })),
		}
	})`, &all)
	return all
}

// axis is a straight line from two marks to positions.
type axis struct{ value, position, perUnit float64 }

// axisOf reads an axis from its first and last mark, and checks that those in between lie on it.
func axisOf(t *testing.T, marks []mark, value func(string) float64) axis {
	t.Helper()
	first, last := marks[0], marks[len(marks)-1]
	a := axis{value(first.Text), first.At, (last.At - first.At) / (value(last.Text) - value(first.Text))}
	for _, m := range marks {
		if off := math.Abs(a.of(value(m.Text)) - m.At); off > 0.01 {
			t.Errorf("the mark %s is %.3f off its axis", m.Text, off)
		}
	}
	return a
}

func (a axis) of(value float64) float64 { return a.position + (value-a.value)*a.perUnit }

func number(t *testing.T, text string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// watchRoute is what the control path tells of the markets of a type.
type watchRoute struct {
	Now     time.Time
	Markets []struct {
		Zone   string
		Prices []struct {
			At   time.Time
			Spot string
		}
		Bids []struct{ Limit string }
	}
}

// watched asks the control path, as curl does.
func watched(t *testing.T, url, typ string) (out watchRoute) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/_kecsim/watch/"+typ, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// corners are the points of the steps of a price within so many hours before now: the price in
// force at the beginning, then each change, until now.
func (w watchRoute) corners(t *testing.T, market int, hours float64, x, y axis) string {
	t.Helper()
	var points []string
	ago := func(at time.Time) float64 { return math.Min(w.Now.Sub(at).Hours(), hours) }
	prices := w.Markets[market].Prices
	for i, p := range prices {
		until := w.Now
		if i+1 < len(prices) {
			until = prices[i+1].At
		}
		if w.Now.Sub(until).Hours() >= hours {
			continue // it was over before the chart begins
		}
		height := y.of(number(t, p.Spot))
		points = append(points, fmt.Sprintf("%.2f,%.2f %.2f,%.2f", x.of(-ago(p.At)), height, x.of(-ago(until)), height))
	}
	return strings.Join(points, " ")
}

// near tells whether two lists of points are the same but for the rounding of the last decimal.
func near(t *testing.T, a, b string) bool {
	t.Helper()
	split := func(r rune) bool { return r == ' ' || r == ',' }
	as, bs := strings.FieldsFunc(a, split), strings.FieldsFunc(b, split)
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		if math.Abs(number(t, as[i])-number(t, bs[i])) > 0.011 {
			return false
		}
	}
	return true
}

// Each point of each chart is a price and a time that the control path tells, to a hundredth of a
// unit of the drawing, for each length of time that can be shown; and each bid is a line at its
// height.
func TestPage_chart(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	const hour = "−%g h"
	for _, hours := range []float64{6, 1, 24, 72} {
		tb.choose("#hours", fmt.Sprint(hours))
		tb.is(text(card(kecsim.ZoneC), "text.hour"), fmt.Sprintf(hour, hours))
		told, all := watched(t, tb.address, kecsim.TypeSmall), tb.charts()
		equal(t, "charts", len(all), 5)
		for i, c := range all {
			equal(t, "zone", c.Zone, told.Markets[i].Zone)
			y := axisOf(t, c.Ticks, func(s string) float64 { return number(t, s) })
			x := axisOf(t, c.Hours, func(s string) float64 {
				var ago float64
				if _, err := fmt.Sscanf(s, hour, &ago); err != nil && s != "now" {
					t.Fatal(err)
				}
				return -ago
			})
			if want := told.corners(t, i, hours, x, y); !near(t, c.Points, want) {
				t.Errorf("%s, %g h: the points are\n%s\nwant\n%s", c.Zone, hours, c.Points, want)
			}
			last := told.Markets[i].Prices[len(told.Markets[i].Prices)-1]
			if want := fmt.Sprintf("%.2f,%.2f", x.of(0), y.of(number(t, last.Spot))); !near(t, fmt.Sprintf("%g,%g", c.Dot[0], c.Dot[1]), want) {
				t.Errorf("%s: the dot is at %v, want %s", c.Zone, c.Dot, want)
			}
			equal(t, "bids", len(c.Bids), len(told.Markets[i].Bids))
			for j, bid := range told.Markets[i].Bids {
				kind := "bid"
				if number(t, bid.Limit) < number(t, last.Spot) {
					kind = "outbid"
				}
				if off := math.Abs(c.Bids[j].At - y.of(number(t, bid.Limit))); off > 0.01 || c.Bids[j].Kind != kind {
					t.Errorf("%s: the bid %s is a line %q, %.3f off, want %q", c.Zone, bid.Limit, c.Bids[j].Kind, off, kind)
				}
			}
		}
		if prices := strings.Count(all[0].Points, " "); hours == 6 && prices < 10 {
			t.Errorf("%d corners in six hours, fewer than five prices have", prices)
		}
		equal(t, "label", all[0].Label[strings.Index(all[0].Label, ", now"):], ", now 0.0563; bid 0.052, web-3; bid 0.06, 2 machines; bid 0.07, <b>batch</b>")
	}
	// A change of the price is a further step, and the scale follows it.
	sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.19", "")
	tb.has(card(kecsim.ZoneA)+`.querySelector("svg").getAttribute("aria-label")`, "to 0.19 CNY per hour, now 0.19; bid 0.052, web-3")
	equal(t, "bids below the price", strings.Count(fmt.Sprint(tb.charts()[0].Bids), "outbid"), 3)
}
