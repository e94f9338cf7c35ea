package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
)

// focused is the control that has the focus, as a screen reader names it, with what shows that.
type focused struct {
	Name    string
	Outline string
}

const nameOf = `(e => e.getAttribute("aria-label") ?? (e.labels?.length ? e.labels[0].firstChild.data.trim() : e.innerText.trim()))`

func (tb *tab) focus() (at focused) {
	tb.t.Helper()
	tb.eval(`(e => ({ name: `+nameOf+`(e), outline: getComputedStyle(e).outlineStyle + " " + getComputedStyle(e).outlineWidth }))(document.activeElement)`, &at)
	return at
}

// tabTo presses Tab until a control has the focus.
func (tb *tab) tabTo(name string) {
	tb.t.Helper()
	for range 100 {
		if tb.key("Tab", "", 9); tb.focus().Name == name {
			return
		}
	}
	tb.t.Fatalf("Tab does not come to %q; the focus is at %q", name, tb.focus().Name)
}

// Tab goes through every control in the order in which they stand, and shows where it is, while the
// page follows the world.
func TestPage_tabOrder(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	var order []string
	tb.eval(`[...document.querySelectorAll("button, input, select, [tabindex='0']")].map(e => e.id === "" && e.className === "scroll" ? "scroll" : `+nameOf+`(e))`, &order)
	if len(order) < 49 || slices.Contains(order, "") {
		t.Fatalf("%d controls: %q", len(order), order)
	}
	for i, want := range order {
		tb.key("Tab", "", 9)
		at := tb.focus()
		if want == "scroll" {
			want = at.Name
		}
		if at.Name != want || at.Outline != "solid 3px" {
			t.Fatalf("Tab %d is at %q with the outline %s, want %q", i+1, at.Name, at.Outline, want)
		}
		if i%20 == 10 { // the page shows another world, and the focus stays
			sim.SetBalance(fmt.Sprint(i))
			tb.says("#balance", fmt.Sprint(i))
			equal(t, "focus after a refresh", tb.focus().Name, want)
		}
	}
}

// Everything that the mouse steers, the keyboard does.
func TestPage_keyboard(t *testing.T) {
	t.Parallel()
	sim, tb := shop(t)
	const enter, space = "Enter", " "
	press := func(key string) {
		t.Helper()
		tb.key(key, map[string]string{enter: "\r", space: " "}[key], map[string]int{enter: 13, space: 32}[key])
	}
	tb.tabTo("Advance the clock by")
	press(enter) // in a field it sends the form
	tb.says("#now", "2026-03-02 10:13:00")
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 3`)
	tb.tabTo("Advance")
	press(space)
	tb.says("#now", "2026-03-02 10:23:00")

	tb.tabTo("Reclaim web-2: released in ten minutes")
	press(enter)
	tb.says("#result", "web-2 will be released in ten minutes")
	tb.has(row("machines", "web-2"), "in 10:00 by the system at 10:33:00")
	equal(t, "focus after it", tb.focus().Name, "Reclaim web-2: released in ten minutes")
	tb.tabTo("Release web-2 now")
	press(enter)
	tb.says("#result", "web-2 is released")
	tb.until(`document.querySelectorAll("#machines tbody tr").length === 2`)
	equal(t, "focus after the row is gone", tb.focus().Name, "Machines")

	tb.tabTo("Show the prices of N3.4B")
	press(enter)
	tb.says("#type", "N3.4B")
	tb.tabTo("Shown")
	tb.key("ArrowUp", "", 38)
	tb.is(text(card(kecsim.ZoneA), "text.hour"), "−1 h")

	tb.tabTo("Spot price: N3.4B in cn-beijing-6a")
	tb.do("Input.insertText", params{"text": "0.09"})
	press(enter)
	tb.says("#result", "N3.4B in cn-beijing-6a now costs 0.09")
	tb.tabTo("Sell out: N3.4B in cn-beijing-6a")
	press(space)
	tb.says("#result", "N3.4B in cn-beijing-6a is sold out")
	equal(t, "stock", sim.Stock(kecsim.ZoneA, kecsim.TypeLarge), 0)

	tb.tabTo("Script")
	press(enter)
	tb.until(`document.querySelectorAll("#faults li").length === 1`)
	tb.tabTo("Clear all")
	press(enter)
	tb.says("#faults", "")
}

// crowded is a shop in which everything has happened that has a colour of its own.
func crowded(t *testing.T) *tab {
	t.Helper()
	sim, tb := shop(t)
	client := &testclient.Client{T: t, Sim: sim, AccessKey: kecsim.AccessKey, Secret: kecsim.SecretKey, Region: kecsim.Region}
	launch := testclient.Params(map[string]string{
		"ImageId": kecsim.ImageUbuntu, "InstanceType": kecsim.TypeSmall, "MinCount": "1", "MaxCount": "1", "SubnetId": kecsim.SubnetA,
		"SecurityGroupId.1": kecsim.SecurityGroup, "ChargeType": "Spot", "InstanceName": "a-name-" + strings.Repeat("x", 57),
	})
	sim.FailLaunches(1, kecsim.ModeError, "no host in this zone has what the order wants")
	client.Launch(launch)
	sim.Advance(30 * time.Second)
	client.Launch(launch)
	client.KEC("DescribeInstances", "MaxResults", "1").Refused(400, "InvalidParameterValue")
	at := sim.Now().Add(150 * time.Minute)
	sim.Edit(sim.Instances()[2].ID, func(in *kecsim.Instance) { in.AutoDeleteTime = at })
	sim.SellOut(kecsim.ZoneC, kecsim.TypeSmall)
	sim.FailNext("RunInstances", kecsim.AnswerLost, 3)
	tb.has(row("requests", "10:03:30"), "DescribeInstances kec 400 InvalidParameterValue")
	tb.press("Reclaim <b>batch</b>: released in ten minutes")
	tb.until(`document.querySelector("line.outbid") && document.querySelector("#faults li") && document.querySelector("#orders [data-mood=bad]") && document.querySelector("[data-mood=warn]")`)
	return tb
}

// The page fits, and can be read, on a wide and a narrow screen: nothing is wider than it but what
// scrolls in itself, and no text is smaller than eleven pixels.
func TestPage_fits(t *testing.T) {
	t.Parallel()
	tb := crowded(t)
	for _, width := range []int{1280, 1000, 720, 400} {
		tb.size(width)
		tb.until(fmt.Sprint("innerWidth === ", width))
		var over int
		tb.eval(`document.documentElement.scrollWidth - innerWidth`, &over)
		equal(t, fmt.Sprintf("pixels too wide at %d", width), over, 0)
		var wrong []string
		tb.eval(texts+`.flatMap(({ element, text }) => {
			const box = element.getBoundingClientRect()
			const hidden = element.closest("thead") && innerWidth <= 720
			const out = []
			if (!hidden && !element.closest(".scroll") && (box.left < -0.5 || box.right > innerWidth + 0.5)) out.push("outside: " + text)
			const style = getComputedStyle(element)
			const svg = element.closest("svg")
			const size = parseFloat(style.fontSize) * (svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1)
			if (size < 11 - 0.01) out.push(size.toFixed(1) + " px: " + text)
			return out
		})`, &wrong)
		if len(wrong) > 0 {
			t.Errorf("at %d px: %q", width, wrong)
		}
	}
}

// texts are all elements of the page that show a text of their own, with it.
const texts = `[...document.querySelectorAll("body *")].filter(e => !e.closest("template, script, style") && e.getClientRects().length)
	.map(element => ({ element, text: [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join(" ").trim() || element.placeholder || "" }))
	.filter(({ text }) => text)`

// contrasts are the texts whose contrast with what is behind them is below a limit, by the formula
// of WCAG 2; and the lines and borders that say something, for which 3 is enough.
const contrasts = `(() => {
	const rgb = (css) => { const n = css.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n }
	const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
	const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) }
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c } return [255, 255, 255, 1] }
	const all = ` + texts + `.map(({ element, text }) => {
		const style = getComputedStyle(element, element.placeholder === text ? "::placeholder" : null)
		return { what: text, ratio: ratio(rgb(element.closest("svg") ? style.fill : style.color), behind(element)), least: 4.5 }
	})
	for (const e of document.querySelectorAll("svg .price, svg line.bid, svg line.outbid")) all.push({ what: "the line " + e.getAttribute("class"), ratio: ratio(rgb(getComputedStyle(e).stroke), behind(e)), least: 3 })
	for (const e of document.querySelectorAll("button, input, select")) if (e.getClientRects().length) all.push({ what: "the border of " + (e.innerText || e.name), ratio: ratio(rgb(getComputedStyle(e).borderTopColor), behind(e.parentElement)), least: 3 })
	return all
})()`

// In the light and in the dark, each text stands out from what is behind it by 4.5 to 1 at least.
func TestPage_contrast(t *testing.T) {
	t.Parallel()
	tb := crowded(t)
	for scheme, ground := range map[string]string{"light": "rgb(244, 246, 248)", "dark": "rgb(16, 20, 26)"} {
		for _, width := range []int{1280, 400} {
			tb.size(width)
			tb.scheme(scheme)
			tb.until(fmt.Sprintf(`getComputedStyle(document.body).backgroundColor === %q`, ground))
			var all []struct {
				What         string
				Ratio, Least float64
			}
			tb.eval(contrasts, &all)
			if len(all) < 200 {
				t.Errorf("%s, %d px: only %d things were looked at", scheme, width, len(all))
			}
			for _, one := range all {
				if one.Ratio < one.Least {
					t.Errorf("%s, %d px: %q has a contrast of %.2f, want %.1f", scheme, width, one.What, one.Ratio, one.Least)
				}
			}
		}
	}
}
