package machines

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// inProject shows the machine where a look-up names its project, and without any project as far as
// such a look-up reaches.
func inProject(project string, without bool, projects reply) *script {
	return &script{Answer: func(_ int, one sent) reply {
		if one.Action == "GetAccountAllProjectList" {
			return projects
		}
		named, found := false, false
		for name, values := range one.Form {
			if strings.HasPrefix(name, "ProjectId.") {
				named, found = true, found || slices.Contains(values, project)
			}
		}
		if found || !named && without {
			return ok(fmt.Sprintf(`{"InstanceCount":1,"InstancesSet":[{"InstanceId":"i-1","ProjectId":%s}]}`, project))
		}
		return set("")
	}}
}

// A machine that somebody has moved to another project is not gone, whether look-ups by id without
// a project reach every project or the default one only.
func TestFind_movedToAnotherProject(t *testing.T) {
	t.Parallel()
	three := ok(`{"RequestId":"r","ListProjectResult":{"ProjectList":[{"ProjectId":0},{"ProjectId":"42"},{"ProjectId":43}]}}`)
	one := ok(`{"RequestId":"r","ListProjectResult":{"ProjectList":[{"ProjectId":0}]}}`)
	denied := refuse(403, "PermissionDenied", "no")
	project := int64(42)
	for name, tc := range map[string]struct {
		s        *script
		project  *int64
		gone     bool
		requests int
	}{
		"look-ups reach it":             {inProject("43", true, three), &project, false, 2},
		"they do not":                   {inProject("43", false, three), &project, false, 6},
		"from the default one":          {inProject("43", false, three), nil, false, 4},
		"nowhere":                       {inProject("44", false, three), nil, true, 5},
		"nowhere, one project":          {inProject("44", false, one), nil, true, 3},
		"the projects cannot be listed": {inProject("43", false, denied), nil, true, 3},
		"an odd list of projects":       {inProject("43", false, ok(`{"ListProjectResult":[]}`)), nil, true, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, tc.s)
			_, err := c.Find(t.Context(), "i-1", tc.project)
			equal(t, "gone", errors.Is(err, ErrGone), tc.gone)
			equal(t, "found", err == nil, !tc.gone)
			equal(t, "requests", len(tc.s.Got), tc.requests)
		})
	}

	// An answer about another machine proves nothing in all projects either.
	odd := inProject("44", false, three)
	odd.Answer = func(n int, one sent) reply {
		if one.Form.Get("ProjectId.2") != "" {
			return ok(`{"InstanceCount":1,"InstancesSet":[{"InstanceId":"i-9"}]}`)
		}
		return inProject("44", false, three).Answer(n, one)
	}
	c, _ := client(t, odd)
	_, err := c.Find(t.Context(), "i-1", nil)
	equal(t, "error", fmt.Sprint(err), "DescribeInstances was asked for instance i-1 and answered with others: that proves nothing")

	// Once a look-up without a project has shown a machine of another one, all of them reach it.
	s := inProject("43", true, three)
	c, _ = client(t, s)
	_, err = c.Find(t.Context(), "i-1", nil)
	equal(t, "error", fmt.Sprint(err), "<nil>")
	_, err = c.Find(t.Context(), "i-2", nil)
	if err == nil || errors.Is(err, ErrGone) {
		t.Errorf("an answer about another proves nothing: %v", err)
	}
	s.Answer = inProject("x", false, three).Answer
	s.Got = nil
	_, err = c.Find(t.Context(), "i-2", nil)
	equal(t, "gone", errors.Is(err, ErrGone), true)
	equal(t, "requests", len(s.Got), 2)
}
