package kecsim

import (
	"net/url"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// action is one operation of the API.
type action struct {
	rules       []rule
	patterns    []protocol.Pattern                        // of the names in rules
	complete    func(*Server, *request) *protocol.Refusal // fills a request in, before the rules are applied
	run         func(*Server, *request) (any, *protocol.Refusal)
	writes      bool // changes the world; the handler itself stops before that if DryRun is set
	noRequestID bool // the answer has none, unless WrapOrders is on
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

// versioned is an action under its version.
func versioned(version string, a action) map[string]*action {
	a.patterns = protocol.Patterns(namesOf(a.rules))
	return map[string]*action{version: &a}
}

// A literal of services would refer to itself, since handlers look services up.
func init() {
	services = map[string]map[string]map[string]*action{
		"kec": kecActions(),
		"vpc": {
			"DescribeSubnets":        versioned(vpcVersion, action{rules: subnetRules, run: (*Server).describeSubnets}),
			"DescribeSecurityGroups": versioned(vpcVersion, action{rules: groupRules, run: (*Server).describeSecurityGroups}),
			"DescribeVpcs":           versioned(vpcVersion, action{rules: vpcRules, run: (*Server).describeVpcs}),

			"DescribeNetworkInterfaces": versioned(vpcVersion, action{rules: networkInterfaceRules, run: (*Server).describeNetworkInterfaces}),
			"DescribeAvailabilityZones": versioned(vpcVersion, action{run: (*Server).describeVPCZones}),
		},
		"tagv2": {
			"ListTagsByResourceIds": versioned(tagVersion, action{rules: listTagsRules, run: (*Server).listTagsByResourceIDs}),
			"ReplaceResourcesTags": versioned(tagVersion, action{
				rules: replaceTagsRules, run: (*Server).replaceResourcesTags, writes: true, spell: spellTags,
			}),
		},
		"iam": {
			"GetAccountAllProjectList": versioned(iamVersion, action{run: (*Server).getAccountAllProjectList}),
			"UpdateInstanceProjectId":  versioned(iamVersion, action{rules: projectRules, run: (*Server).updateInstanceProjectID, writes: true}),
		},
		"trade": {
			"QueryOrderInfo":    versioned("2025-03-21", action{rules: queryOrderRules, run: (*Server).queryOrderInfo, noRequestID: true}),
			"QueryInstances":    versioned("2025-08-28", action{rules: queryInstancesRules, run: (*Server).queryInstances}),
			"DescribeInstances": versioned("2020-01-14", action{rules: tradeDescribeRules, run: (*Server).tradeDescribeInstances}),
		},
	}
}

// kecActions are the actions of kec.
func kecActions() map[string]map[string]*action {
	return map[string]map[string]*action{
		"RunInstances": versioned(kecVersion, action{
			rules: runRules, complete: (*Server).underTemplate, run: (*Server).runInstances, writes: true,
		}),
		"DescribeInstances":       versioned(kecVersion, action{rules: describeRules, run: (*Server).describeInstances}),
		"TerminateInstances":      versioned(kecVersion, action{rules: terminateRules, run: (*Server).terminateInstances, writes: true}),
		"StartInstances":          versioned(kecVersion, action{rules: startRules, run: (*Server).startInstances, writes: true}),
		"StopInstances":           versioned(kecVersion, action{rules: stopRules, run: (*Server).stopInstances, writes: true}),
		"RebootInstances":         versioned(kecVersion, action{rules: rebootRules, run: (*Server).rebootInstances, writes: true}),
		"ModifyInstanceAttribute": versioned(kecVersion, action{rules: attributeRules, run: (*Server).modifyInstanceAttribute, writes: true}),
		"ModifyInstanceAutoDeleteTime": versioned(kecVersion, action{
			rules: autoDeleteRules, run: (*Server).modifyInstanceAutoDeleteTime, writes: true,
		}),
		"SetInstanceResourceProtect": versioned(kecVersion, action{rules: protectRules, run: (*Server).setInstanceResourceProtect, writes: true}),
		"ModifyNetworkInterfaceAttribute": versioned(kecVersion, action{
			rules: interfaceRules, run: (*Server).modifyNetworkInterfaceAttribute, writes: true,
		}),
		"AttachKey":              versioned(kecVersion, action{rules: keyRules, run: (*Server).attachKey, writes: true}),
		"DetachKey":              versioned(kecVersion, action{rules: keyRules, run: (*Server).detachKey, writes: true}),
		"AttachInstancesIamRole": versioned(kecVersion, action{rules: attachRoleRules, run: (*Server).attachInstancesIamRole, writes: true}),
		"DetachInstancesIamRole": versioned(kecVersion, action{rules: detachRoleRules, run: (*Server).detachInstancesIamRole, writes: true}),
		"AddVmIntoDataGuard":     versioned(kecVersion, action{rules: guardRules, run: (*Server).addVMIntoDataGuard, writes: true}),
		"RemoveVmFromDataGuard":  versioned(kecVersion, action{rules: guardRules, run: (*Server).removeVMFromDataGuard, writes: true}),

		"DescribeSpotPriceHistory":    versioned(kecVersion, action{rules: spotPriceRules, run: (*Server).describeSpotPriceHistory}),
		"DescribeKecInventory":        versioned(kecVersion, action{rules: inventoryRules, run: (*Server).describeKecInventory}),
		"DescribeInstanceTypeConfigs": versioned(kecVersion, action{rules: typeRules, run: (*Server).describeInstanceTypeConfigs}),
		"DescribeInstanceFamilys":     versioned(kecVersion, action{run: (*Server).describeInstanceFamilys}),
		"DescribeImages":              versioned(kecVersion, action{rules: imageRules, run: (*Server).describeImages}),
		"DescribeAvailabilityZones":   versioned(kecVersion, action{run: (*Server).describeAvailabilityZones}),
		"DescribeRegions":             versioned(kecVersion, action{run: (*Server).describeRegions}),

		"CreateModel":     versioned(kecVersion, action{rules: createModelRules, run: (*Server).createModel, writes: true}),
		"DescribeModels":  versioned(kecVersion, action{rules: describeModelsRules, run: (*Server).describeModels}),
		"TerminateModels": versioned(kecVersion, action{rules: terminateModelsRules, run: (*Server).terminateModels, writes: true}),
	}
}
