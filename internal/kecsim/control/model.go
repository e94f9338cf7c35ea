package control

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

func (c api) setLag(body []byte) error {
	var in struct {
		Look, Age string
		Share     *float64
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	looks := []string{kecsim.LookByID, kecsim.LookList, kecsim.LookTags}
	if !slices.Contains(looks, in.Look) {
		return fmt.Errorf("look must be one of %q, not %q", looks, protocol.Clip(in.Look))
	}
	if in.Share == nil {
		return errors.New("share must be given")
	}
	if err := checkShare(*in.Share); err != nil {
		return err
	}
	age, err := time.ParseDuration(in.Age)
	if *in.Share > 0 && (err != nil || age <= 0 || age > maxAdvance) {
		return fmt.Errorf("age must be like 5s, not %q", protocol.Clip(in.Age))
	}
	c.sim.Lag(in.Look, *in.Share, age)
	return nil
}

func (c api) addAccount(body []byte) error {
	var in struct {
		AccessKey, SecretKey string
		Same                 bool
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	switch {
	case in.AccessKey == "" || in.SecretKey == "":
		return errors.New("accessKey and secretKey must be given")
	case c.sim.Knows(in.AccessKey):
		return errors.New("the access key is taken")
	case in.Same:
		c.sim.AddKey(in.AccessKey, in.SecretKey, "")
	default:
		c.sim.AddAccount(in.AccessKey, in.SecretKey)
	}
	return nil
}

// checkWays checks a way to fail, odd answers and odd orders; nil is none.
func checkWays(mode *string, odd, orders *[]string) error {
	if mode != nil {
		if err := checkMode("failureMode", *mode); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		what  string
		given *[]string
		known []string
	}{{"odd answer", odd, kecsim.OddAnswers()}, {"odd order", orders, kecsim.OddOrders()}} {
		if list.given == nil {
			continue
		}
		for _, name := range *list.given {
			if err := oneOf(list.what, name, list.known); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkErrorState checks the state in which failed launches end (facts 281, 283: one that ends in
// error, or one of an end); nil and "" are the usual one.
func checkErrorState(state *string) error {
	if state == nil || *state == "" || strings.HasSuffix(*state, "error") || slices.Contains([]string{"recycling", "deleting", "deleted"}, *state) {
		return nil
	}
	return fmt.Errorf("errorState must be recycling, deleting, deleted or end in error, not %q", protocol.Clip(*state))
}

// edit changes an instance as somebody does in the console.
func (c api) edit(body []byte) error {
	var in struct {
		ID, Name, HostName, State string
		Tags                      *map[string]string
		SecurityGroups, Keys      *[]string
		Project                   *int64
		AutoDeleteTime            *string
		Protected                 *bool
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if err := c.checkInstance(in.ID); err != nil {
		return err
	}
	if in.State != "" && in.State != "active" && in.State != "stopped" {
		return fmt.Errorf("state must be active or stopped, not %q", protocol.Clip(in.State))
	}
	var at time.Time
	if in.AutoDeleteTime != nil && *in.AutoDeleteTime != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, *in.AutoDeleteTime); err != nil {
			return fmt.Errorf("autoDeleteTime must be like 2026-03-02T18:00:00Z, not %q", protocol.Clip(*in.AutoDeleteTime))
		}
	}
	c.sim.Edit(in.ID, func(edited *kecsim.Instance) {
		edited.Name, edited.HostName = cmp.Or(in.Name, edited.Name), cmp.Or(in.HostName, edited.HostName)
		edited.State = cmp.Or(in.State, edited.State)
		assign(&edited.Tags, in.Tags)
		assign(&edited.SecurityGroupIDs, in.SecurityGroups)
		assign(&edited.KeyIDs, in.Keys)
		assign(&edited.ProjectID, in.Project)
		assign(&edited.Protected, in.Protected)
		if in.AutoDeleteTime != nil {
			edited.AutoDeleteTime = at
		}
	})
	return nil
}
