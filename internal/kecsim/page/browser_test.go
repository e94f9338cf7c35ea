package page

import (
	"encoding/base64"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
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

// press clicks the button of a label or text with the mouse, in the middle of it.
func (tb *tab) press(label string) {
	tb.t.Helper()
	var at struct {
		Kind string
		X, Y float64
	}
	tb.eval(fmt.Sprintf(`(label => {
		const button = [...document.querySelectorAll("button")].find(b => (b.getAttribute("aria-label") ?? b.textContent) === label)
		button.scrollIntoView({ block: "center" })
		const box = button.getBoundingClientRect()
		return { kind: button.textContent, x: box.x + box.width / 2, y: box.y + box.height / 2 }
	})(%q)`, label), &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		tb.do("Input.dispatchMouseEvent", params{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1})
	}
	tb.pressed[at.Kind] = true
}

// fill types into the field of a name within what a selector finds, in place of what is there.
func (tb *tab) fill(within, name, value string) {
	tb.t.Helper()
	tb.eval(fmt.Sprintf(`(f => { f.focus(); f.select() })(%s.querySelector("[name=%s]"))`, within, name), nil)
	tb.do("Input.insertText", params{"text": value})
}

// choose chooses an option of a select element that a selector finds.
func (tb *tab) choose(selector, value string) {
	tb.t.Helper()
	tb.eval(fmt.Sprintf(`(s => { s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })) })(document.querySelector(%q))`, value, selector), nil)
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
	sim.Advance(5*time.Minute + 29*time.Second)
	tb.has(row("machines", "web-1"), "in 0:01 by the system at 10:10:00")
	sim.Advance(time.Second)
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 3`)
	tb.says("#now", "2026-03-02 10:10:00")
	tb.says("#quota", "3 of 100")
	at := sim.Now().Add(26*time.Hour + 9*time.Minute + 5*time.Second)
	sim.Edit(sim.Instances()[0].ID, func(in *kecsim.Instance) { in.AutoDeleteTime = at })
	tb.has(row("machines", "web-2"), "in 26:09:05 by its timer at 2026-03-03 12:19:05")
}

// The countdown runs by itself, as fast as the world's clock.
func TestPage_countdown(t *testing.T) {
	t.Parallel()
	b := theBrowser(t)
	sim := kecsim.New(kecsim.WithControl(control.Serve), kecsim.WithClock(kecsim.RunningClock(kecsim.DefaultStart, 120)))
	server := httptest.NewServer(Over(sim))
	t.Cleanup(server.Close)
	sim.Reclaim(sim.AddInstance(kecsim.Instance{Name: "web-1", ChargeType: "Spot"}))
	tb := b.open(t, server.URL)
	tb.until(`document.querySelector("#machines tbody tr")`)
	var seen []string
	tb.eval(`new Promise(resolve => {
		const all = []
		const note = () => {
			const row = document.querySelector("#machines tbody tr")
			if (!row) { watch.disconnect(); resolve(all); return }
			const left = row.cells[5].innerText.match(/in ([0-9:]+)/)?.[1]
			if (left && all.at(-1) !== left) all.push(left)
		}
		const watch = new MutationObserver(note)
		watch.observe(document, { subtree: true, childList: true, characterData: true })
		note()
	})`, &seen)
	if len(seen) < 3 {
		t.Errorf("the countdown went by %q: fewer than three steps of ten minutes in five seconds", seen)
	}
	for i, one := range seen[1:] {
		if last := seen[i]; len(one) > len(last) || len(one) == len(last) && one >= last {
			t.Errorf("the countdown goes from %s to %s", last, one)
		}
	}
}

// card is the card of the market of a zone.
func card(zone string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("article")].find(a => a.querySelector("h4").textContent === %q)`, zone)
}

// text is the text of the first element that a selector finds within another, in one line.
func text(within, selector string) string {
	return fmt.Sprintf(`%s.querySelector(%q).textContent.replace(/\s+/g, " ").trim()`, within, selector)
}

// is waits until an expression is a text.
func (tb *tab) is(expression, want string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("(%s) === %q", expression, want))
}

// equal fails the test if the simulator does not hold what the page shows.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Each button does what a person would steer: the world has it, and the page shows it and says what
// came of it. A button that nobody presses here fails the test.
func TestPage_buttons(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	zoneB := card(kecsim.ZoneB)

	tb.press("Reclaim web-2: released in ten minutes")
	tb.says("#result", "web-2 will be released in ten minutes")
	tb.has(row("machines", "web-2"), "in 10:00 by the system at 10:13:00")
	equal(t, "release of web-2", sim.Instances()[1].RecyclingTime, sim.Now().Add(10*time.Minute))

	tb.press("Release web-3 now")
	tb.says("#result", "web-3 is released")
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 3`)
	tb.says("#quota", "3 of 100")
	_, there := sim.Instance("1a5ce000-0000-4000-8000-000000000003")
	equal(t, "web-3 is there", there, false)

	tb.is(text(zoneB, "p"), "0.0403 · on demand 0.1965 · 50 left")
	tb.press("Sell out: N3.2B in cn-beijing-6b")
	tb.says("#result", "N3.2B in cn-beijing-6b is sold out")
	tb.is(text(zoneB, "p"), "0.0403 · on demand 0.1965 · sold out")
	tb.has(row("offers", "N3.2B"), "0.0563 · 47 0.0403 · sold out 0.0413 · 50")
	equal(t, "stock", sim.Stock(kecsim.ZoneB, kecsim.TypeSmall), 0)

	tb.fill(zoneB, "count", "12")
	tb.press("Set stock: N3.2B in cn-beijing-6b")
	tb.says("#result", "There are 12 of N3.2B in cn-beijing-6b now")
	tb.is(text(zoneB, "p"), "0.0403 · on demand 0.1965 · 12 left")
	tb.has(row("offers", "N3.2B"), "0.0403 · 12")
	tb.until(zoneB + `.querySelector("[name=count]").value === ""`)
	equal(t, "stock", sim.Stock(kecsim.ZoneB, kecsim.TypeSmall), 12)

	tb.fill(zoneB, "spot", "0.0777")
	tb.press("Set price: N3.2B in cn-beijing-6b")
	tb.says("#result", "N3.2B in cn-beijing-6b now costs 0.0777")
	tb.is(text(zoneB, "p"), "0.0777 · on demand 0.1965 · 12 left")
	tb.has(row("offers", "N3.2B"), "0.0777 · 12")
	tb.has(zoneB+`.querySelector("svg").getAttribute("aria-label")`, "CNY per hour, now 0.0777")
	spot, _ := sim.Price(kecsim.ZoneB, kecsim.TypeSmall)
	equal(t, "price", spot, "0.0777")

	tb.choose("#fault [name=action]", "RunInstances")
	tb.choose("#fault [name=name]", "AnswerLost")
	tb.fill(`document.querySelector("#fault")`, "times", "2")
	tb.press("Script")
	tb.says("#result", "The next 2 of RunInstances will fail with AnswerLost")
	tb.says("#faults", "RunInstances: the next 2 with AnswerLost")
	equal(t, "faults", fmt.Sprintf("%d: %s, %d left", len(sim.Faults()), sim.Faults()[0].Action, sim.Faults()[0].Left), "1: RunInstances, 2 left")
	tb.press("Clear all")
	tb.says("#result", "No failure is scripted any more")
	tb.says("#faults", "")
	tb.says("#faults-note", "None is left: every request gets its own answer.")
	equal(t, "faults", len(sim.Faults()), 0)

	tb.fill(`document.querySelector("#advance")`, "duration", "1h")
	tb.press("Advance")
	tb.says("#result", "The clock is 1h further")
	tb.says("#now", "2026-03-02 11:03:00")
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 1`) // the others' notices have run out
	tb.has(row("machines", "<b>batch</b>"), "over")

	tb.press("Show the prices of E1.8B")
	tb.says("#type", "E1.8B")
	tb.is(text(zoneB, "p"), "0.1058 · on demand 0.524 · 50 left")
	tb.until(`document.querySelectorAll("#offers button[aria-pressed=true]").length === 1`)
	tb.press("Show the prices of I4.2B")
	tb.is(text(zoneB, "svg"), "no spot price")
	tb.everyButton()
}

// everyButton fails the test if there is a button that it has not pressed. Of the buttons of types
// and of machines one stands for all.
func (tb *tab) everyButton() {
	tb.t.Helper()
	var all []string
	tb.eval(`[...new Set([...document.querySelectorAll("button:not(#offers button)")].map(b => b.textContent))]`, &all)
	if len(all) < 8 {
		tb.t.Errorf("the page has the buttons %q, fewer than it had", all)
	}
	for _, one := range all {
		if !tb.pressed[one] {
			tb.t.Errorf("the button %q was not pressed", one)
		}
	}
}

// What the simulator refuses is told in its own words, and changes nothing; what a field does not
// take is not sent.
func TestPage_refusals(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	tb.fill(`document.querySelector("#advance")`, "duration", "soon")
	tb.press("Advance")
	tb.says("#result", `duration must be like 1h30m, above 0 and at most 8784h0m0s, not "soon"`)
	tb.until(`document.querySelector("#result").dataset.mood === "bad" && document.querySelector("#advance input").value === "soon"`)
	equal(t, "time", sim.Now().Format("15:04"), "10:03")
	for _, wrong := range []string{"-1", "cheap", "0.0393011"} {
		tb.fill(card(kecsim.ZoneA), "spot", wrong)
		tb.press("Set price: N3.2B in cn-beijing-6a")
		tb.until(card(kecsim.ZoneA) + `.querySelector("[name=spot]:invalid").value === "` + wrong + `"`)
	}
	spot, _ := sim.Price(kecsim.ZoneA, kecsim.TypeSmall)
	equal(t, "price", spot, "0.0563")
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
