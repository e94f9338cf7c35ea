package kec

import (
	"context"
	"net/url"
	"strconv"
)

// UpdateInstanceProjectId moves an instance to another project; 0 is the default one (fact 62). The call belongs to iam, whose
// models show a request id, or nothing but a member named for the answer: either is taken for a yes.
//
//nolint:revive // the method carries the name of its API action
func (c *Client) UpdateInstanceProjectId(ctx context.Context, id string, projectID int64) error {
	if id == "" {
		return errEmptyID
	}
	return c.change(ctx, &call{
		service: iamService, action: "UpdateInstanceProjectId", version: iamVersion,
		form: url.Values{"InstanceId": {id}, "ProjectId": {strconv.FormatInt(projectID, 10)}},
	}, func(ans *answer) error {
		_, named := ans.fields["updateinstanceprojectidresponse"]
		if _, said := ans.fields["return"]; named && !said {
			return nil
		}
		return ans.accepted("return")
	})
}
