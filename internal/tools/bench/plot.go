package main

import (
	"fmt"
	"math"
	"strings"
)

// Sizes and colours of the picture. The colours can be read on a light and on a dark background.
// The lines also differ in their dashes and marks, for readers who do not tell the colours apart.
const (
	plotWidth, plotHeight = 760, 340
	panelWidth            = 280
	panelTop, panelBottom = 40, 250
	ink                   = "#768390"
)

// curve is one line of a panel: a value for each of its numbers of machines.
type curve struct {
	name, colour, dash string
	mark               string // SVG, at the origin
	sizes              []int
	values             []float64
}

// plot draws requests and seconds of a refresh over the number of machines.
func plot(r result) string {
	curves := func(of func(sample) float64) []curve {
		all := []curve{
			{name: "plan", colour: "#2f81f7", mark: `<circle r="4"/>`},
			{name: "plan -refresh=false", colour: "#bf8700", dash: "6 4", mark: `<rect x="-4" y="-4" width="8" height="8"/>`},
			{name: "floor: plan of terraform_data", colour: ink, dash: "2 3", mark: `<path d="M0-5 5 4-5 4z"/>`},
		}
		for _, f := range r.fleets {
			for i, s := range []sample{f.plan, f.unrefreshed, f.planFloor} {
				all[i].sizes, all[i].values = append(all[i].sizes, f.machines), append(all[i].values, of(s))
			}
		}
		if len(r.spotFleets) > 0 {
			one := curve{name: "plan of one kec_spot_fleet", colour: "#a371f7", dash: "8 3 2 3", mark: `<path d="M0-5 5 0 0 5-5 0z"/>`}
			for _, f := range r.spotFleets {
				one.sizes, one.values = append(one.sizes, f.machines), append(one.values, of(f.plan))
			}
			all = append(all, one)
		}
		return all
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="sans-serif" font-size="12" fill="%s">`+"\n",
		plotWidth, plotHeight, plotWidth, plotHeight, ink)
	b.WriteString("<title>Requests and seconds of a refresh over the number of machines</title>\n")
	var sizes []int
	for _, f := range r.fleets {
		sizes = append(sizes, f.machines)
	}
	requests := curves(func(s sample) float64 { return float64(s.requests.total()) })
	took := curves(func(s sample) float64 { return s.seconds })
	// The axis of requests is linear: there may be none, and 0 has no logarithm.
	panel(&b, 70, "requests", sizes, linear(requests), requests)
	panel(&b, 70+panelWidth+100, "seconds", sizes, logarithmic(took), took)
	x := 70
	for _, c := range requests {
		fmt.Fprintf(&b, `<g transform="translate(%d 316)"><path d="M0 0h32" stroke="%s" stroke-width="2"%s/><g fill="%s" transform="translate(16 0)">%s</g><text x="40" y="4">%s</text></g>`+"\n",
			x, c.colour, dashed(c.dash), c.colour, c.mark, c.name)
		x += 58 + 6*len(c.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// scale places values between 0, the lower end of an axis, and 1.
type scale struct {
	place func(float64) float64
	ticks []float64
}

// linear starts at 0 and ends at a round number above all values.
func linear(curves []curve) scale {
	step := 1.0
	for i := 0; step*5 < highest(curves); i++ {
		step *= []float64{2, 2.5, 2}[i%3] // 1, 2, 5, 10
	}
	s := scale{place: func(v float64) float64 { return v / (5 * step) }}
	for i := range 6 {
		s.ticks = append(s.ticks, float64(i)*step)
	}
	return s
}

// logarithmic has whole powers of ten at both ends.
func logarithmic(curves []curve) scale {
	low := highest(curves)
	for _, c := range curves {
		for _, v := range c.values {
			low = min(low, v)
		}
	}
	return powers(low, highest(curves))
}

// powers is the scale from the power of ten at or below low to the one above high.
func powers(low, high float64) scale {
	from := math.Floor(math.Log10(max(low, 1e-3)))
	to := max(math.Ceil(math.Log10(max(high, 1e-3))), from+1)
	s := scale{place: func(v float64) float64 { return (math.Log10(max(v, 1e-3)) - from) / (to - from) }}
	for e := from; e <= to; e++ {
		s.ticks = append(s.ticks, math.Pow(10, e))
	}
	return s
}

func highest(curves []curve) float64 {
	high := 0.0
	for _, c := range curves {
		for _, v := range c.values {
			high = max(high, v)
		}
	}
	return high
}

// panel draws one pair of axes with its curves, from left on.
func panel(b *strings.Builder, left int, title string, sizes []int, up scale, curves []curve) {
	across := powers(float64(sizes[0]), float64(sizes[len(sizes)-1]))
	x := func(v float64) float64 { return float64(left) + across.place(v)*panelWidth }
	y := func(v float64) float64 { return panelBottom - up.place(v)*(panelBottom-panelTop) }
	for _, t := range up.ticks {
		fmt.Fprintf(b, `<path d="M%d %.1fh%d" stroke="%s" stroke-opacity=".3"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, y(t), panelWidth, ink, left-8, y(t)+4, t)
	}
	for _, t := range across.ticks {
		fmt.Fprintf(b, `<path d="M%.1f %dv5" stroke="%s"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", x(t), panelBottom, ink, x(t), panelBottom+20, t)
	}
	fmt.Fprintf(b, `<path d="M%d %dV%dh%d" fill="none" stroke="%s"/>`+"\n", left, panelTop, panelBottom, panelWidth, ink)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">machines</text>`+"\n", left+panelWidth/2, panelBottom+40)
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`+"\n", left, panelTop-16, title)
	for _, c := range curves {
		var points []string
		for i, v := range c.values {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(float64(c.sizes[i])), y(v)))
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", strings.Join(points, " "), c.colour, dashed(c.dash))
		for _, p := range points {
			fmt.Fprintf(b, `<g fill="%s" transform="translate(%s)">%s</g>`+"\n", c.colour, strings.Replace(p, ",", " ", 1), c.mark)
		}
	}
}

func dashed(dash string) string {
	if dash == "" {
		return ""
	}
	return ` stroke-dasharray="` + dash + `"`
}
