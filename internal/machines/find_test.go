package machines

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestFind_onlyProofIsAbsence(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replies  []reply
		gone     bool
		found    bool
		requests int
	}{
		"found":              {[]reply{set("active", "i-1")}, false, true, 1},
		"other case":         {[]reply{set("active", "I-1")}, false, true, 1},
		"absent twice":       {[]reply{set(""), set("")}, true, false, 3}, // the third is for the projects
		"without a count":    {[]reply{ok(`{"InstancesSet":[]}`)}, true, false, 3},
		"back again":         {[]reply{set(""), set("active", "i-1")}, false, true, 2},
		"then an error":      {[]reply{set(""), refuse(403, "SignatureDoesNotMatch", "x")}, false, false, 2},
		"{}":                 {[]reply{ok(`{}`)}, false, false, 1},
		"null set":           {[]reply{ok(`{"InstanceCount":0,"InstancesSet":null}`)}, false, false, 1},
		"text set":           {[]reply{ok(`{"InstanceCount":0,"InstancesSet":""}`)}, false, false, 1},
		"object set":         {[]reply{ok(`{"InstanceCount":0,"InstancesSet":{}}`)}, false, false, 1},
		"counts, holds none": {[]reply{ok(`{"InstanceCount":1,"InstancesSet":[]}`)}, false, false, 1},
		"text count":         {[]reply{ok(`{"InstanceCount":"1","InstancesSet":[]}`)}, false, false, 1},
		"others only":        {[]reply{set("active", "i-2")}, false, false, 1},
		"nameless":           {[]reply{ok(`{"InstancesSet":[{}]}`)}, false, false, 1},
		"null element":       {[]reply{ok(`{"InstancesSet":[null]}`)}, false, false, 1},
		"HTML":               {[]reply{ok("<html>")}, false, false, 1},
		"cut":                {[]reply{ok(`{"InstancesSet":[`)}, false, false, 1},
		"empty":              {[]reply{ok(``)}, false, false, 1},
		"403":                {[]reply{refuse(403, "SignatureDoesNotMatch", "x")}, false, false, 1},
		"404":                {[]reply{{Status: 404, Body: "<html>"}}, false, false, 1},
		"invalid id":         {[]reply{refuse(400, "InstanceIdInvalid", "x")}, false, false, 1},
		"redirect":           {[]reply{{Status: 301}}, false, false, 1},
		"error in 200":       {[]reply{ok(`{"Error":{"Code":"C"},"InstanceCount":0,"InstancesSet":[]}`)}, false, false, 1},
		"down":               {[]reply{{Status: 502, Body: "<html>"}}, false, false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.replies...)
			c, clk := client(t, s, ksyun.WithRetries(3, 0, 0))
			in, err := c.Find(t.Context(), "i-1", nil)
			equal(t, "gone", errors.Is(err, ErrGone), tc.gone)
			equal(t, "found", in != nil && err == nil, tc.found)
			equal(t, "an error or an instance", in != nil, err == nil)
			equal(t, "requests", len(s.Got), tc.requests)
			if tc.gone {
				equal(t, "error", err.Error(), "instance i-1: KEC does not hold it")
				equal(t, "waits", fmt.Sprint(clk.Slept), "[1s]")
			}
		})
	}
	c, _ := client(t, of(set("active", "i-1")))
	if _, err := c.Find(t.Context(), "", nil); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestFind_looksInTheProjectFirst(t *testing.T) {
	t.Parallel()
	project := int64(42)
	within := func(in, outside reply) *script {
		return &script{Answer: func(_ int, one sent) reply {
			if one.Form.Has("ProjectId.1") {
				return in
			}
			return outside
		}}
	}
	for name, tc := range map[string]struct {
		s        *script
		want     string
		requests int
	}{
		"there":           {within(set("active", "i-1"), set("")), "<nil>", 1},
		"moved":           {within(set(""), set("active", "i-1")), "<nil>", 2},
		"project deleted": {within(refuse(400, "InvalidParameterValue", "no project"), set("active", "i-1")), "<nil>", 2},
		"nowhere":         {within(set(""), set("")), "instance i-1: KEC does not hold it", 5}, // the fifth is for the projects
		"not allowed to look": {within(refuse(403, "PermissionDenied", "no"), set("")),
			"DescribeInstances: PermissionDenied: no (request id req-1, HTTP 403)", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, tc.s)
			_, err := c.Find(t.Context(), "i-1", &project)
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "requests", len(tc.s.Got), tc.requests)
		})
	}
}
