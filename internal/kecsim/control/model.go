package control

import (
	"errors"
	"fmt"
	"slices"
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
