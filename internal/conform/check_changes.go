package conform

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

const (
	doneBoolean = "200, Return true"
	doneText    = `200, Return "true"`
)

// changeChecks are about what can be changed while the machine runs.
func changeChecks() []check {
	autoDelete := func(pairs ...string) asker {
		return ofMachine("ModifyInstanceAutoDeleteTime", "InstanceId.1", pairs...)
	}
	protect := func(on string) asker {
		return ofMachine("SetInstanceResourceProtect", "InstanceId.1", "IsProtection", on)
	}
	return []check{
		change(about(152, 206), "ModifyInstanceAttribute with a new name, while it runs", doneBoolean, rename),
		machineAnswers(about(229), "ModifyInstanceAttribute that names nothing to change", badName, attributes()),
		machineAnswers(about(229), "ModifyInstanceAttribute with RestartMode and no password", badValue, func(ctx context.Context, s *session) (reply, error) {
			return attributes("InstanceName", nameOf(s.mark), "RestartMode", "Restart")(ctx, s)
		}),
		machineAnswers(about(223), "a new password of an active machine without RestartMode", badName, newPassword()),
		machineAnswers(about(225, 65), "ModifyInstanceAutoDeleteTime with AutoDeleteEip and no time", badValue, autoDelete("AutoDeleteEip", "true")),
		machineAnswers(about(39), "ModifyInstanceAutoDeleteTime of 10 minutes ahead", "400 AutoDeleteTimeIsInvalid", func(ctx context.Context, s *session) (reply, error) {
			return autoDelete("AutoDeleteTime", s.ahead(10*time.Minute))(ctx, s)
		}),
		change(about(154), "ModifyInstanceAutoDeleteTime of 40 minutes ahead", doneText, func(ctx context.Context, s *session) (reply, error) {
			return autoDelete("AutoDeleteTime", s.ahead(life))(ctx, s)
		}),
		change(about(155, 206), "SetInstanceResourceProtect with IsProtection=true", doneBoolean, protect("true")),
		machineAnswers(about(161), "TerminateInstances of the protected machine", "400 InstanceResourceProtected", ofMachine("TerminateInstances", "InstanceId.1", "ForceDelete", "true")),
		change(about(155), "SetInstanceResourceProtect with IsProtection=false", doneBoolean, protect("false")),
		onMachine(about(161), "its state after the refused deletion", "active", stateNow("active")),
		machineAnswers(about(273), "TerminateInstances of it and an id that nothing has", unknownID,
			ofMachine("TerminateInstances", "InstanceId.2", "InstanceId.1", nobody, "ForceDelete", "true")),
		onMachine(about(273), "its state after that", "active", stateNow("active")),
		change(about(156, 226), "ModifyNetworkInterfaceAttribute with the groups that it has", doneBoolean, func(ctx context.Context, s *session) (reply, error) {
			return ofMachine("ModifyNetworkInterfaceAttribute", "InstanceId", "SecurityGroupId.1", s.world.group,
				"NetworkInterfaceId", s.active.text("InstancesSet.NetworkInterfaceSet.NetworkInterfaceId"))(ctx, s)
		}),
		onMachine(about(105, 228), "tagv2 ReplaceResourcesTags with one tag more, and ListTagsByResourceIds", "200, Result true; the tags at once", replaceTags),
		onMachine(about(228, 239), "tagv2 ReplaceResourcesTags with a key that starts with ksc", badValue, replaceOwnTag),
		onMachine(about(106), "iam UpdateInstanceProjectId to the project it is in", "200 with RequestId", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.call(ctx, ksyun.IAM, "UpdateInstanceProjectId", form("InstanceId", s.id, "ProjectId", "0"))
			return r.String() + " with " + r.keys(), r.status == 200 && r.text("RequestId") != "", err
		}),
	}
}

// newPassword is a call that gives the machine a password which nobody keeps.
func newPassword(pairs ...string) asker {
	return attributes(append([]string{"InstancePassword", "Cf1" + rand.Text()}, pairs...)...)
}

// stateNow is a question about the state of the machine.
func stateNow(want string) func(context.Context, *session) (string, bool, error) {
	return func(ctx context.Context, s *session) (string, bool, error) {
		r, err := s.describe(ctx, "InstanceId.1", s.id)
		state := r.text("InstancesSet.InstanceState.Name")
		return state, state == want, err
	}
}

// tagBody is the body of ReplaceResourcesTags that keeps the mark of the launch (fact 105: the
// form).
func (s *session) tagBody(key, value string) map[string]any {
	return map[string]any{
		"ResourceType": "instance", "Tag_1_Key": machines.LaunchTagKey, "Tag_1_Value": s.mark, "Tag_2_Key": key, "Tag_2_Value": value,
		"ReplaceTags": []map[string]string{{"ResourceUuids": s.id}},
	}
}

func replaceTags(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.callJSON(ctx, ksyun.Tag, "ReplaceResourcesTags", s.tagBody("conform", "yes"))
	if err != nil || r.status != 200 {
		return r.String() + " " + r.message, false, err
	}
	tags, err := s.api.ListTagsByResourceIds(ctx, s.id)
	if err != nil {
		return "", false, err
	}
	seen := "the tags at once"
	if its := tags[s.id]; its["conform"] != "yes" || its[machines.LaunchTagKey] != s.mark || len(its) != 2 {
		seen = fmt.Sprintf("tags %v", its)
	}
	observed := fmt.Sprintf("200, Result %s; %s", r.text("Result"), seen)
	return observed, observed == "200, Result true; the tags at once", nil
}

func replaceOwnTag(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.callJSON(ctx, ksyun.Tag, "ReplaceResourcesTags", s.tagBody("ksc-conform", "1"))
	return r.String(), r.String() == badValue, err
}

// powerChecks are about stopping, starting and restarting.
func powerChecks() []check {
	power := func(action string, pairs ...string) asker { return ofMachine(action, "InstanceId.1", pairs...) }
	return []check{
		machineAnswers(about(151, 221), "StartInstances while it is active", "400 InstanceStateNotSupported", power("StartInstances")),
		onMachine(about(150), "StopInstances", "200 with InstanceId, Return, Messgae", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := power("StopInstances")(ctx, s)
			missing := r.missing([]string{"InstancesSet.InstanceId", "InstancesSet.Return", "InstancesSet.Messgae"})
			return r.String() + ", " + lacks(missing), r.status == 200 && len(missing) == 0, err
		}),
		onMachine(about(148, 220), "its states on the way to stopped", "stopping, stopped", until("stopped", "stopping")),
		onMachine(about(222), "StoppedMode once it is stopped", "KeepCharging", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.describe(ctx, "InstanceId.1", s.id)
			mode := r.text("InstancesSet.StoppedMode")
			return mode, mode == "KeepCharging", err
		}),
		machineAnswers(about(151, 221), "RebootInstances while it is stopped", "400 InstanceStateNotSupportedReboot", power("RebootInstances")),
		change(about(152, 153, 223), "a new password while it is stopped, without RestartMode", doneBoolean, newPassword()),
		onMachine(about(223), "its state after that", "stopped", stateNow("stopped")),
		change(about(150, 206), "StartInstances", doneBoolean, power("StartInstances")),
		onMachine(about(220), "its states on the way to active", "starting, active", until("active", "starting")),
		change(about(150, 206), "RebootInstances", doneBoolean, power("RebootInstances")),
		onMachine(about(220), "its states after a reboot", "rebooting, active", until("active", "rebooting")),
		change(about(152, 223), "a new password with RestartMode=Restart", doneBoolean, newPassword("RestartMode", "Restart")),
		onMachine(about(149, 223), "its states after that", "updating_password, active", until("active", "updating_password")),
		change(about(152, 153), "a new host name while it runs", doneBoolean, attributes("HostName", "kec-conform-2")),
		onMachine(about(149, 224), "its states after that", "updating_hostname, active", until("active", "updating_hostname")),
		onMachine(about(152, 224), "its host name before it has booted again", "the old one", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.describe(ctx, "InstanceId.1", s.id)
			return fmt.Sprintf("%q", r.text("InstancesSet.HostName")), r.text("InstancesSet.HostName") != "kec-conform-2", err
		}),
	}
}

// until waits for a state, and says which states the machine has passed.
func until(last, through string) func(context.Context, *session) (string, bool, error) {
	return func(ctx context.Context, s *session) (string, bool, error) {
		var states []string
		for began := s.api.LocalNow(); s.api.LocalNow().Sub(began) <= longestBoot; {
			r, err := s.describe(ctx, "InstanceId.1", s.id)
			if err != nil {
				return "", false, err
			}
			state := r.text("InstancesSet.InstanceState.Name")
			if len(states) == 0 || states[len(states)-1] != state {
				states = append(states, state)
			}
			if state == last && (len(states) > 1 || s.api.LocalNow().Sub(began) > 30*time.Second) {
				observed := strings.Join(states, ", ")
				return observed, strings.HasSuffix(observed, through+", "+last), nil
			}
			if err := s.api.Sleep(ctx, time.Second); err != nil {
				return "", false, err
			}
		}
		return strings.Join(states, ", ") + ", and not " + last, false, nil
	}
}

// endChecks end the machine.
func endChecks() []check {
	return []check{
		onMachine(about(85, 86, 136, 206), "TerminateInstances with ForceDelete, in its first hour", "200 with InstanceId, Return true, Message", func(ctx context.Context, s *session) (string, bool, error) {
			r, err := ofMachine("TerminateInstances", "InstanceId.1", "ForceDelete", "true")(ctx, s)
			missing := r.missing([]string{"InstancesSet.InstanceId", "InstancesSet.Return", "InstancesSet.Message"})
			observed := returned(r)
			return observed + ", " + lacks(missing), observed == doneBoolean && len(missing) == 0, err
		}),
		onMachine(about(147, 190, 211), "its state after that", "deleting", stateNow("deleting")),
		change(about(184, 206), "TerminateInstances of the machine that is being deleted", doneBoolean, ofMachine("TerminateInstances", "InstanceId.1", "ForceDelete", "true")),
		onMachine(about(82, 86, 135, 147), "what look-ups show of it in the end", "nothing", endMachine),
		{facts: about(201, 275), asks: "its billing status in trade QueryInstances once it is gone", expects: "7", ask: func(ctx context.Context, s *session) (string, bool, error) {
			if s.ended == "" {
				return "", false, notAsked("no machine was ended")
			}
			return s.billing(ctx, s.ended, 7)
		}},
	}
}

// endMachine waits until the machine is proven gone.
func endMachine(ctx context.Context, s *session) (string, bool, error) {
	if err := s.end(ctx, s.id); err != nil {
		return "", false, err
	}
	s.known = slices.DeleteFunc(s.known, func(id string) bool { return id == s.id })
	s.id, s.ended = "", s.id
	return "nothing", true, nil
}
