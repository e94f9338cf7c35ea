package conform

import (
	"errors"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func TestPermit(t *testing.T) {
	t.Parallel()
	const real = "https://kec.api.ksyun.com"
	for _, c := range []struct {
		name, endpoint string
		env            map[string]string
		want           string // real, paid, cap; or a part of the error
	}{
		{"this machine", "http://127.0.0.1:7480", nil, "real false, paid true, 1 CNY"},
		{"this machine by name", "http://localhost:7480", nil, "real false, paid true, 1 CNY"},
		{"this machine, IPv6", "http://[::1]:7480", map[string]string{"KEC_CONFORM_MAX_CNY": "0.3"}, "real false, paid true, 0.3 CNY"},
		{"KEC without the variable", "", nil, "KEC itself is not on this machine: set KEC_CONFORM=1 to ask it"},
		{"another host without the variable", real, nil, real + " is not on this machine: set KEC_CONFORM=1"},
		{"a name that begins like this machine", "https://localhost.example.com", nil, "is not on this machine"},
		{"only the variable of the paid checks", real, map[string]string{"KEC_CONFORM_PAID": "1"}, "is not on this machine"},
		{"another value of the variable", real, map[string]string{"KEC_CONFORM": "0"}, "is not on this machine"},
		{"KEC, free", "", map[string]string{"KEC_CONFORM": "1"}, "real true, paid false, 1 CNY"},
		{"KEC, paid", "", map[string]string{"KEC_CONFORM": "1", "KEC_CONFORM_PAID": "1"}, "real true, paid true, 1 CNY"},
		{"KEC, paid, another cap", "", map[string]string{"KEC_CONFORM": "1", "KEC_CONFORM_PAID": "1", "KEC_CONFORM_MAX_CNY": "0.25"}, "real true, paid true, 0.25 CNY"},
		{"a cap that is no amount", "", map[string]string{"KEC_CONFORM": "1", "KEC_CONFORM_MAX_CNY": "one"}, `KEC_CONFORM_MAX_CNY must be an amount in CNY above 0 such as 1 or 0.5, not "one"`},
		{"a cap of nothing", "", map[string]string{"KEC_CONFORM": "1", "KEC_CONFORM_MAX_CNY": "0"}, "must be an amount in CNY above 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := Permit(c.endpoint, func(name string) string { return c.env[name] })
			got := p.String()
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestPlanLaunch_worstCase(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	for _, c := range []struct {
		name, spot, onDemand string
		disk                 int64
		limit                string
		bid, worst           string // "" where it is refused
	}{
		{"the simulator's cheapest", "0.0262", "0.131", 20, "1", "0.0524", "0.0924"},
		{"a bid never exceeds the pay-as-you-go price", "0.1", "0.15", 20, "1", "0.15", "0.19"},
		{"a bid never exceeds what the cap leaves", "0.5", "2", 40, "1", "0.92", "1"},
		{"a larger image", "0.0262", "0.131", 100, "1", "0.0524", "0.2524"},
		{"a disk is at least 20 GB", "0.0262", "0.131", 0, "1", "0.0524", "0.0924"},
		{"just within the cap", "0.0262", "0.131", 20, "0.0662", "0.0262", "0.0662"},
		{"just over the cap", "0.0262", "0.131", 20, "0.06619", "", ""},
		{"the disk alone is over the cap", "0.0262", "0.131", 500, "1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := planLaunch(offer{"E1.2B", "a", d(c.spot), d(c.onDemand)}, c.disk, d(c.limit))
			switch {
			case c.bid == "" && !errors.Is(err, errOverCap):
				t.Errorf("error %v, plan %s", err, p)
			case c.bid != "" && (err != nil || !p.Bid.Equal(d(c.bid)) || !p.Worst.Equal(d(c.worst))):
				t.Errorf("bid %s, worst case %s, error %v; want %s and %s", p.Bid, p.Worst, err, c.bid, c.worst)
			}
			if p.Worst.GreaterThan(d(c.limit)) {
				t.Errorf("the worst case %s is over the cap %s", p.Worst, c.limit)
			}
		})
	}
}
