package kec

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
)

var tooLarge = ok(strings.Repeat(" ", 16<<20+1))

// account answers look-ups of so many elements, page by page, where a page of more than largest is
// too large to be read, and counts those pages.
func account(total, largest int, large *int) *script {
	number := func(one sent, name string, otherwise int) int {
		if n, err := strconv.Atoi(one.Form.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	return &script{Answer: func(_ int, one sent) kectest.Reply {
		start := number(one, "Marker", number(one, "NextToken", 0))
		size := number(one, "MaxResults", total)
		end := min(start+size, total)
		if end-start > largest {
			*large++
			return tooLarge
		}
		set := []map[string]string{}
		for _, id := range ids(total)[start:end] {
			set = append(set, map[string]string{"InstanceId": id, "SubnetId": id})
		}
		answer := map[string]any{"InstanceCount": total, "InstancesSet": set, "SubnetSet": set}
		if end < total {
			answer["NextToken"] = strconv.Itoa(end)
		}
		b, _ := json.Marshal(answer)
		return ok(string(b))
	}}
}

// A page that is too large to be read is read in halves, and so are those after it.
func TestPages_tooLarge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		total, largest  int
		large, requests int
		subnets         int // requests
	}{
		{2500, 5000, 0, 3, 1},
		{2500, 1000, 0, 3, 4},
		{2500, 999, 1, 7, 7},
		{2500, 130, 3, 24, 24},
		{80, 5, 8, 25, 25},
	} {
		name := fmt.Sprintf("%d, at most %d", tc.total, tc.largest)
		large := 0
		s := account(tc.total, tc.largest, &large)
		c, _ := client(t, s)
		all, err := c.DescribeInstances(t.Context(), nil, nil)
		equal(t, name, fmt.Sprint(len(all), " ", err), fmt.Sprintf("%d <nil>", tc.total))
		equal(t, name+": requests, too large", fmt.Sprint(len(s.Got), large), fmt.Sprint(tc.requests, tc.large))
		large = 0
		s = account(tc.total, tc.largest, &large)
		c, _ = client(t, s)
		subnets, err := c.DescribeSubnets(t.Context())
		equal(t, name+": subnets", fmt.Sprint(len(subnets), " ", err), fmt.Sprintf("%d <nil>", tc.total))
		equal(t, name+": requests for subnets", len(s.Got), tc.subnets)
	}

	// An answer that is too large in the smallest page fails the look-up.
	for _, of := range []int{4, 7} {
		large := 0
		c, _ := client(t, account(of, 0, &large))
		if _, err := c.DescribeInstances(t.Context(), nil, nil); err == nil || !strings.HasSuffix(err.Error(), "the answer is larger than 16 MiB") {
			t.Errorf("got %v", err)
		}
		if _, err := c.DescribeSubnets(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "the answer is larger than 16 MiB") {
			t.Errorf("got %v", err)
		}
	}
}
