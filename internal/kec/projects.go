package kec

import (
	"context"
	"net/url"
	"strconv"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// GetAccountAllProjectList returns the projects of the account (fact 107: the action of iam).
func (c *Client) GetAccountAllProjectList(ctx context.Context) ([]int64, error) {
	projects := []int64{}
	err := c.read(ctx, ksyun.Call{
		Service: ksyun.IAM, Action: "GetAccountAllProjectList", Version: iamVersion, Form: url.Values{},
	}, func(ans *ksyun.Answer) error {
		result, notObject := ksyun.Object(ans.Fields["listprojectresult"])
		list, ok := ksyun.Array(result["projectlist"])
		if notObject != "" || !ok {
			return ans.Unusable("the answer holds no ProjectList")
		}
		for _, raw := range list {
			var w struct{ ProjectID ksyun.Number }
			if ksyun.Decode(raw, &w); w.ProjectID.Int() != nil {
				projects = append(projects, *w.ProjectID.Int())
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return projects, nil
}

// UpdateInstanceProjectId moves an instance to another project; 0 is the default one (fact 62:
// ProjectId is 0 by default). The call belongs to iam. Its models show an answer with a request id,
// or with nothing but a member that has the name of the answer: either counts as a yes.
//
//nolint:revive // the method carries the name of its API action
func (c *Client) UpdateInstanceProjectId(ctx context.Context, id string, projectID int64) error {
	if id == "" {
		return ErrEmptyID
	}
	return c.change(ctx, ksyun.Call{
		Service: ksyun.IAM, Action: "UpdateInstanceProjectId", Version: iamVersion,
		Form: url.Values{"InstanceId": {id}, "ProjectId": {strconv.FormatInt(projectID, 10)}},
	}, func(ans *ksyun.Answer) error {
		_, named := ans.Fields["updateinstanceprojectidresponse"]
		if _, said := ans.Fields["return"]; named && !said {
			return nil
		}
		return accepted(ans, "return")
	})
}
