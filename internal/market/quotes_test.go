package market_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestSnapshot_price(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ points, want string }{
		"a history": {`{"SpotPrice":0.0401,"OriginPrice":0.1965,"Timestamp":"2026-03-02 16:00:00"},{"SpotPrice":0.0388,"OriginPrice":0.1965,"Timestamp":"2026-03-02 15:00:00"},` +
			`{"SpotPrice":"0.0393","OriginPrice":"0.1970","Timestamp":"2026-03-02 17:00:00"},{"SpotPrice":0.0415,"OriginPrice":0.1965,"Timestamp":"2026-03-02 14:00:00"}`,
			"now 0.0393, on demand 0.197, low 0.0388, high 0.0415 of 3 hours"},
		"now is the lowest": {`{"SpotPrice":0.04,"OriginPrice":0.2,"Timestamp":"2026-03-02 16:00:00"},{"SpotPrice":0.03,"OriginPrice":0.2,"Timestamp":"2026-03-02 17:00:00"}`,
			"now 0.03, on demand 0.2, low 0.03, high 0.04 of 1 hours"},
		"now is the highest": {`{"SpotPrice":0.03,"Timestamp":"2026-03-02 16:00:00"},{"SpotPrice":0.04,"OriginPrice":0.2,"Timestamp":"2026-03-02 17:00:00"}`,
			"now 0.04, on demand 0.2, low 0.03, high 0.04 of 1 hours"},
		"hours are rounded": {`{"SpotPrice":0.04,"Timestamp":"2026-03-02 14:00:00"},{"SpotPrice":0.04,"Timestamp":"2026-03-02 16:31:00"}`,
			"now 0.04, low 0.04, high 0.04 of 3 hours"},
		"one price": {`{"SpotPrice":0.0393,"OriginPrice":0.1965,"Timestamp":"2026-03-02 17:00:00"}`,
			"now 0.0393, on demand 0.1965, low 0.0393, high 0.0393 of 0 hours"},
		"no on-demand price":          {`{"SpotPrice":0.0393,"Timestamp":"2026-03-02 17:00:00"}`, "now 0.0393, low 0.0393, high 0.0393 of 0 hours"},
		"an on-demand price of 0":     {`{"SpotPrice":0.0393,"OriginPrice":0,"Timestamp":"2026-03-02 17:00:00"}`, "now 0.0393, low 0.0393, high 0.0393 of 0 hours"},
		"an on-demand price below 0":  {`{"SpotPrice":0.0393,"OriginPrice":-1,"Timestamp":"2026-03-02 17:00:00"}`, "now 0.0393, low 0.0393, high 0.0393 of 0 hours"},
		"an on-demand price long ago": {`{"SpotPrice":0.03,"OriginPrice":0.2,"Timestamp":"2026-03-02 16:00:00"},{"SpotPrice":0.04,"Timestamp":"2026-03-02 17:00:00"}`, "now 0.04, low 0.03, high 0.04 of 1 hours"},
		"none":                        {``, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := snapshotOf(t, inMemory{Handler: always(http.StatusOK, `{"SpotPrices":[`+c.points+`]}`)})
			q, err := d.Price(t.Context(), "N3.2B", "z")
			if err != nil {
				t.Fatal(err)
			}
			got := "none"
			if q != nil {
				onDemand := ""
				if q.OnDemand != nil {
					onDemand = fmt.Sprintf(", on demand %s", q.OnDemand)
				}
				got = fmt.Sprintf("now %s%s, low %s, high %s of %d hours", q.Now, onDemand, q.Low, q.High, q.Hours)
			}
			equal(t, "quote", got, c.want)
		})
	}
}

func TestSnapshot_elsewhere(t *testing.T) {
	t.Parallel()
	const denied = `{"Error":{"Code":"PermissionDenied","Message":"no"}}`
	for name, c := range map[string]struct {
		zones string            // of the type, as JSON; "" if that cannot be had
		stock map[string]string // by zone; a zone without one fails
		want  string
		asked string
	}{
		"the fullest first": {`"z1","z2","z3"`, map[string]string{"z1": "9", "z2": "3", "z3": "60"}, "[{z3 60} {z2 3}]", "z2 z3"},
		"as many":           {`"z3","z1","z2"`, map[string]string{"z2": "5", "z3": "5"}, "[{z3 5} {z2 5}]", "z2 z3"},
		"this zone in another case": {
			`"Z1","z2"`, map[string]string{"Z1": "9", "z2": "3"}, "[{z2 3}]", "z2",
		},
		"empty ones":            {`"z1","z2","z3","z4"`, map[string]string{"z2": "0", "z3": "1", "z4": "-1"}, "[{z3 1}]", "z2 z3 z4"},
		"failing ones":          {`"z1","z2","z3"`, map[string]string{"z3": "4"}, "[{z3 4}]", "z2 z3"},
		"unreadable ones":       {`"z1","z2","z3"`, map[string]string{"z2": "null", "z3": "4"}, "[{z3 4}]", "z2 z3"},
		"at most four":          {`"z2","z3","z1","z4","z5","z6","z7"`, map[string]string{"z2": "1", "z3": "2", "z4": "3", "z5": "4", "z6": "5"}, "[{z5 4} {z4 3} {z3 2} {z2 1}]", "z2 z3 z4 z5"},
		"nowhere":               {`"z1","z2"`, map[string]string{"z2": "0"}, "[]", "z2"},
		"only here":             {`"z1"`, nil, "[]", ""},
		"no zones":              {``, nil, "[]", ""},
		"the type is not known": {`-`, nil, "[]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answer: func(action string, form url.Values) (int, string) {
				switch n, ok := c.stock[form.Get("AvailabilityZone")]; {
				case action == "DescribeKecInventory" && ok:
					return http.StatusOK, `{"InstanceCount":` + n + `}`
				case action == "DescribeInstanceTypeConfigs" && c.zones != "-":
					return http.StatusOK, `{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":[` + c.zones + `]}]}`
				}
				return http.StatusForbidden, denied
			}}
			d := snapshotOf(t, inMemory{Handler: s})
			for range 2 {
				equal(t, "places", fmt.Sprint(d.Elsewhere(t.Context(), "N3.2B", "z1")), c.want)
			}
			asked := strings.Join(s.calls(), " ")
			asked = strings.NewReplacer("DescribeInstanceTypeConfigs", "", "DescribeKecInventory ", "").Replace(asked)
			equal(t, "zones asked for", strings.TrimSpace(asked), c.asked)
		})
	}
}

// The zones are asked at the same time.
func TestSnapshot_elsewhereTakesNoLongerThanOneZone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := kecsim.New()
		sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 60)
		sim.SetStock(kecsim.ZoneC, kecsim.TypeSmall, 7)
		d := simSnapshot(t, sim, time.Second)
		start := time.Now()
		equal(t, "places", fmt.Sprint(d.Elsewhere(t.Context(), kecsim.TypeSmall, kecsim.ZoneA)), "[{cn-beijing-6b 60} {cn-beijing-6c 7}]")
		equal(t, "time", time.Since(start), 2*time.Second) // the type first, then both zones
	})
}
