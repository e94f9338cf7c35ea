package page

import (
	"encoding/base64"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

// picture is the picture of the page in the documentation.
const picture = "../../../docs/images/kecsim.png"

var takePicture = flag.Bool("picture", false, "take "+picture+" anew")

// shop is a world with three machines of a fleet and one that stands alone, one of them announced.
func shop(t *testing.T) (*kecsim.Server, *tab) {
	t.Helper()
	b := theBrowser(t)
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	server := httptest.NewServer(Over(sim))
	t.Cleanup(server.Close)
	sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.045", "")
	sim.Advance(50 * time.Minute)
	sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0393", "")
	for i, limit := range []string{"0.06", "0.06", "0.052", "0.07"} {
		sim.AddInstance(kecsim.Instance{
			Name: []string{"web-1", "web-2", "web-3", "<b>batch</b>"}[i], ChargeType: "Spot", SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: limit,
			Tags: []map[string]string{{"kec-fleet-id": "1f0c7a52"}, {"kec-fleet-id": "1f0c7a52"}, {"kec-fleet-id": "1f0c7a52"}, nil}[i],
		})
	}
	sim.Advance(10 * time.Minute)
	sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0563", "")
	sim.Reclaim(sim.Instances()[0].ID)
	sim.Advance(3 * time.Minute)
	tb := b.open(t, server.URL)
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 4 && document.querySelector("svg polyline")`)
	return sim, tb
}

// row is the text of the row of a table whose first cell begins with a text.
func row(table, begins string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#%s tbody tr")].find(r => r.cells[0].innerText.trim().startsWith(%q)).innerText.replace(/\s+/g, " ")`, table, begins)
}

// has waits until an expression is a text that holds a part.
func (tb *tab) has(expression, part string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("(%s).includes(%q)", expression, part))
}

// press presses the button of a label.
func (tb *tab) press(label string) {
	tb.t.Helper()
	tb.eval(fmt.Sprintf(`document.querySelector("button[aria-label='%s']").click()`, label), nil)
}

// What the console would show, and more: machines with their protected hour, the countdown to a
// release and the fleet. The countdown follows the world's clock.
func TestPage_machines(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	tb.has(row("machines", "web-1"), "N3.2B cn-beijing-6a Spot bid 0.06 active 47:00 left until 10:50:00 in 7:00 by the system at 10:10:00 1f0c7a52")
	tb.has(row("machines", "<b>batch</b>"), "Spot bid 0.07 active 47:00 left until 10:50:00 – –")
	tb.says("#quota", "4 of 100")
	sim.Advance(90 * time.Second)
	tb.has(row("machines", "web-1"), "in 5:30 by the system at 10:10:00")
	sim.Advance(6 * time.Minute)
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 3`)
	tb.says("#now", "2026-03-02 10:10:30")
	tb.says("#quota", "3 of 100")
}

// The buttons do what a person would steer, and the page says what came of it.
func TestPage_buttons(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	tb.press("Reclaim web-2: released in ten minutes")
	tb.says("#result", "web-2 will be released in ten minutes")
	tb.has(row("machines", "web-2"), "in 10:00 by the system at 10:13:00")

	tb.press("Release web-3 now")
	tb.says("#result", "web-3 is released")
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 3`)
	if in, there := sim.Instance("1a5ce000-0000-4000-8000-000000000003"); there {
		t.Errorf("%s is still there", in.Name)
	}

	tb.press("Sell out: N3.2B in cn-beijing-6b")
	tb.says("#result", "N3.2B in cn-beijing-6b is sold out")
	tb.has(row("offers", "N3.2B"), "sold out")
	if left := sim.Stock(kecsim.ZoneB, kecsim.TypeSmall); left != 0 {
		t.Errorf("%d left, want 0", left)
	}
	form := func(kind, field, value string) {
		tb.eval(fmt.Sprintf(`(form => { form.elements.%s.value = %q; form.requestSubmit() })([...document.querySelectorAll("article")].find(a => a.innerText.includes("cn-beijing-6b")).querySelector("form.%s"))`, field, value, kind), nil)
	}
	form("stock", "count", "12")
	tb.says("#result", "There are 12 of N3.2B in cn-beijing-6b now")
	tb.has(row("offers", "N3.2B"), "· 12")
	form("price", "spot", "0.0777")
	tb.says("#result", "N3.2B in cn-beijing-6b now costs 0.0777")
	tb.has(row("offers", "N3.2B"), "0.0777")
	form("price", "spot", "1.5") // above the on-demand price is the simulator's to take
	tb.says("#result", "N3.2B in cn-beijing-6b now costs 1.5")

	tb.eval(`(f => { f.elements.action.value = "RunInstances"; f.elements.times.value = 2; f.elements.name.value = "AnswerLost"; f.requestSubmit() })(document.getElementById("fault"))`, nil)
	tb.says("#faults", "RunInstances: the next 2 with AnswerLost")
	tb.eval(`document.getElementById("clear").click()`, nil)
	tb.says("#faults-note", "None is left: every request gets its own answer.")

	tb.eval(`(f => { f.elements.duration.value = "1h"; f.requestSubmit() })(document.getElementById("advance"))`, nil)
	tb.says("#now", "2026-03-02 11:03:00")
	tb.eval(`(f => { f.elements.duration.value = "soon"; f.requestSubmit() })(document.getElementById("advance"))`, nil)
	tb.has(`document.getElementById("result").innerText`, `duration must be like 1h30m`)
}

// The points of a chart are the prices that the control path tells, and the bids are lines in it.
func TestPage_chart(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	const zoneA = `[...document.querySelectorAll("article")].find(a => a.innerText.includes("cn-beijing-6a"))`
	var points, label string
	tb.eval(zoneA+`.querySelector("polyline").getAttribute("points")`, &points)
	tb.eval(zoneA+`.querySelector("svg").getAttribute("aria-label")`, &label)
	if want := "Spot price of N3.2B in cn-beijing-6a: from 0.0393 to 0.0563 CNY per hour, now 0.0563; bid 0.052, web-3; bid 0.06, 2 machines; bid 0.07, <b>batch</b>"; label != want {
		t.Errorf("the chart says\n%s\nwant\n%s", label, want)
	}
	var heights, prices []float64
	for pair := range strings.FieldsSeq(points) {
		_, y, _ := strings.Cut(pair, ",")
		f, err := strconv.ParseFloat(y, 64)
		if err != nil {
			t.Fatal(err)
		}
		heights = append(heights, f)
	}
	for _, market := range sim.Watch(kecsim.TypeSmall).Markets {
		if market.Zone == kecsim.ZoneA {
			from := sim.Now().Add(-6 * time.Hour)
			for i, p := range market.Prices {
				if i+1 < len(market.Prices) && !market.Prices[i+1].At.After(from) {
					continue // out of sight
				}
				price, err := strconv.ParseFloat(p.Spot, 64)
				if err != nil {
					t.Fatal(err)
				}
				prices = append(prices, price, price) // each step has two corners
			}
		}
	}
	if len(heights) != len(prices) || len(prices) < 6 {
		t.Fatalf("%d points, want %d: %s", len(heights), len(prices), points)
	}
	low, high := slices.Min(prices), slices.Max(prices)
	top, bottom := slices.Min(heights), slices.Max(heights)
	for i, y := range heights {
		if at := high - (y-top)/(bottom-top)*(high-low); at < prices[i]-0.00005 || at > prices[i]+0.00005 {
			t.Errorf("point %d shows %.5f, want %.5f", i, at, prices[i])
		}
	}
	var bids int
	tb.eval(zoneA+`.querySelectorAll("line.bid, line.outbid").length`, &bids)
	if bids != 3 {
		t.Errorf("%d lines of bids, want 3", bids)
	}
}

// Everything can be done with the keyboard, and fits on a small screen, in the light and in the
// dark.
func TestPage_forEverybody(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	tb.eval(`document.querySelector("#advance input").focus()`, nil)
	tb.key("Tab", "", 9)
	tb.key("Enter", "\r", 13)
	tb.says("#now", "2026-03-02 10:13:00")
	if got := sim.Now(); !got.Equal(time.Date(2026, 3, 2, 10, 13, 0, 0, time.UTC)) {
		t.Errorf("the world's time is %s", got)
	}
	for _, width := range []int{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			tb.size(width)
			tb.scheme(scheme)
			var over, unnamed int
			tb.eval(`document.documentElement.scrollWidth - innerWidth`, &over)
			tb.eval(`[...document.querySelectorAll("button, input, select")].filter(e => !(e.innerText || e.getAttribute("aria-label") || e.labels?.length)).length`, &unnamed)
			if over > 0 || unnamed > 0 {
				t.Errorf("%d px, %s: %d px too wide, %d controls without a name", width, scheme, over, unnamed)
			}
		}
	}
}

// With -picture, the picture in the documentation is taken anew.
func TestPage_picture(t *testing.T) {
	t.Parallel()
	if !*takePicture {
		t.Skip("without -picture")
	}
	sim, tb := shop(t)
	sim.Edit(sim.Instances()[3].ID, func(in *kecsim.Instance) { in.Name = "batch" })
	tb.do("Emulation.setDeviceMetricsOverride", params{"width": 1280, "height": 1180, "deviceScaleFactor": 1, "mobile": false})
	tb.scheme("light")
	tb.has(row("machines", "batch"), "bid 0.07")
	var out struct{ Data string }
	tb.call(t, tb.session, "Page.captureScreenshot", params{"format": "png"}, &out)
	raw, err := base64.StdEncoding.DecodeString(out.Data)
	if err == nil {
		err = os.WriteFile(picture, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
