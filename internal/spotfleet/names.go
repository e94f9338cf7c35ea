package spotfleet

import (
	"strconv"
	"strings"
)

// numberOf is the number behind a name of the fleet, and whether there is one.
func (m *model) numberOf(name string) (int64, bool) {
	rest, ok := strings.CutPrefix(name, m.InstanceName.ValueString())
	n, err := strconv.ParseInt(rest, 10, 64)
	return n, ok && err == nil && n >= 0 && m.InstanceName.ValueString() != ""
}

// number is where the numbers of n new machines begin: the first place, from 1 on, where as many
// are free.
func (m *model) number(have []member, n int64) int64 {
	used := map[int64]bool{}
	for _, one := range have {
		if number, ok := m.numberOf(one.Name.ValueString()); ok {
			used[number] = true
		}
	}
	free := int64(0)
	for number := int64(1); number <= mostMachines; number++ {
		if free++; used[number] {
			free = 0
		}
		if free == n {
			return number - n + 1
		}
	}
	return 1 // names may be alike
}
