package kecsim

import (
	"net/url"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// action is one operation of the API.
type action struct {
	rules       []rule
	patterns    []protocol.Pattern // of the names in rules
	run         func(*Server, *request) (any, *protocol.Refusal)
	writes      bool // changes the world; the handler itself stops before that if DryRun is set
	noRequestID bool // the answer has none, unless WrapOrders is on
	onlyJSON    bool // a form body is refused
	// spell turns the names of an action that spells them in its own way into flat names.
	spell func(url.Values) (url.Values, *protocol.Refusal)
}

const (
	kecVersion = "2016-03-04"
	vpcVersion = "2016-03-04"
	tagVersion = "2020-09-01"
	iamVersion = "2015-11-01"
)

// services lists every action by service, name and version.
//
// documented: services and versions (facts 3, 34, 105, 106, 110, 117, 119).
var services map[string]map[string]map[string]*action

// A literal of services would refer to itself, since handlers look services up.
func init() {
	at := func(version string, a action) map[string]*action {
		a.patterns = protocol.Patterns(namesOf(a.rules))
		return map[string]*action{version: &a}
	}
	services = map[string]map[string]map[string]*action{
		"kec": {
			"RunInstances":            at(kecVersion, action{rules: runRules, run: (*Server).runInstances, writes: true}),
			"DescribeInstances":       at(kecVersion, action{rules: describeRules, run: (*Server).describeInstances}),
			"TerminateInstances":      at(kecVersion, action{rules: terminateRules, run: (*Server).terminateInstances, writes: true}),
			"StartInstances":          at(kecVersion, action{rules: startRules, run: (*Server).startInstances, writes: true}),
			"StopInstances":           at(kecVersion, action{rules: stopRules, run: (*Server).stopInstances, writes: true}),
			"RebootInstances":         at(kecVersion, action{rules: rebootRules, run: (*Server).rebootInstances, writes: true}),
			"ModifyInstanceAttribute": at(kecVersion, action{rules: attributeRules, run: (*Server).modifyInstanceAttribute, writes: true}),
			"ModifyInstanceAutoDeleteTime": at(kecVersion, action{
				rules: autoDeleteRules, run: (*Server).modifyInstanceAutoDeleteTime, writes: true,
			}),
			"SetInstanceResourceProtect": at(kecVersion, action{rules: protectRules, run: (*Server).setInstanceResourceProtect, writes: true}),
			"ModifyNetworkInterfaceAttribute": at(kecVersion, action{
				rules: interfaceRules, run: (*Server).modifyNetworkInterfaceAttribute, writes: true,
			}),
			"AttachKey":              at(kecVersion, action{rules: keyRules, run: (*Server).attachKey, writes: true}),
			"DetachKey":              at(kecVersion, action{rules: keyRules, run: (*Server).detachKey, writes: true}),
			"AttachInstancesIamRole": at(kecVersion, action{rules: attachRoleRules, run: (*Server).attachInstancesIamRole, writes: true}),
			"DetachInstancesIamRole": at(kecVersion, action{rules: detachRoleRules, run: (*Server).detachInstancesIamRole, writes: true}),
			"AddVmIntoDataGuard":     at(kecVersion, action{rules: guardRules, run: (*Server).addVMIntoDataGuard, writes: true}),
			"RemoveVmFromDataGuard":  at(kecVersion, action{rules: guardRules, run: (*Server).removeVMFromDataGuard, writes: true}),

			"DescribeSpotPriceHistory":    at(kecVersion, action{rules: spotPriceRules, run: (*Server).describeSpotPriceHistory}),
			"DescribeKecInventory":        at(kecVersion, action{rules: inventoryRules, run: (*Server).describeKecInventory}),
			"DescribeInstanceTypeConfigs": at(kecVersion, action{rules: typeRules, run: (*Server).describeInstanceTypeConfigs}),
			"DescribeInstanceFamilys":     at(kecVersion, action{run: (*Server).describeInstanceFamilys}),
			"DescribeImages":              at(kecVersion, action{rules: imageRules, run: (*Server).describeImages}),
			"DescribeAvailabilityZones":   at(kecVersion, action{run: (*Server).describeAvailabilityZones}),
			"DescribeRegions":             at(kecVersion, action{run: (*Server).describeRegions}),
		},
		"vpc": {
			"DescribeSubnets":        at(vpcVersion, action{rules: subnetRules, run: (*Server).describeSubnets}),
			"DescribeSecurityGroups": at(vpcVersion, action{rules: groupRules, run: (*Server).describeSecurityGroups}),
			"DescribeVpcs":           at(vpcVersion, action{rules: vpcRules, run: (*Server).describeVpcs}),
		},
		"tagv2": {
			"ListTagsByResourceIds": at(tagVersion, action{rules: listTagsRules, run: (*Server).listTagsByResourceIDs}),
			"ReplaceResourcesTags": at(tagVersion, action{
				rules: replaceTagsRules, run: (*Server).replaceResourcesTags, writes: true, onlyJSON: true, spell: spellTags,
			}),
		},
		"iam": {
			"GetAccountAllProjectList": at(iamVersion, action{run: (*Server).getAccountAllProjectList}),
			"UpdateInstanceProjectId":  at(iamVersion, action{rules: projectRules, run: (*Server).updateInstanceProjectID, writes: true}),
		},
		"trade": {
			"QueryOrderInfo":    at("2025-03-21", action{rules: queryOrderRules, run: (*Server).queryOrderInfo, noRequestID: true}),
			"QueryInstances":    at("2025-08-28", action{rules: queryInstancesRules, run: (*Server).queryInstances}),
			"DescribeInstances": at("2020-01-14", action{rules: tradeDescribeRules, run: (*Server).tradeDescribeInstances}),
		},
	}
}
