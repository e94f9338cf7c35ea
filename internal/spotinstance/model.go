package spotinstance

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// model is the resource in Terraform's three forms: config, plan and state.
type model struct {
	wizard.Steps
	wizard.Reported
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// codec reads and writes the model.
var codec = sync.OnceValue(func() *tfvalue.Codec[model] {
	var resp resource.SchemaResponse
	(&Resource{}).Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return tfvalue.NewCodec[model]("instance", resp.Schema)
})

// params lists every setting of the launch in wizard order.
func (m *model) params() param.Table {
	var t param.Table
	t.Fixed("ChargeType", kec.ChargeSpot)
	t.Fixed("MinCount", "1")
	t.Fixed("MaxCount", "1")
	m.Lines(&t)
	return t
}

// launch is what KEC's offer, or the refusal of another launch, is compared with. What is unknown
// is left empty.
func (m *model) launch() market.Launch {
	launch := market.Launch{
		Name:             m.InstanceName.ValueString(),
		InstanceType:     m.InstanceType.ValueString(),
		ImageID:          m.ImageID.ValueString(),
		SubnetID:         m.SubnetID.ValueString(),
		Zone:             m.AvailabilityZone.ValueString(),
		PriceLimit:       m.Limit(),
		SecurityGroupIDs: tfvalue.SetTexts(m.SecurityGroupIDs),
		PrivateIP:        m.PrivateIPAddress.ValueString(),
	}
	for _, nic := range m.NICs() {
		launch.OtherSubnetIDs = append(launch.OtherSubnetIDs, nic.SubnetID.ValueString())
		launch.OtherPrivateIPs = append(launch.OtherPrivateIPs, nic.PrivateIPAddress.ValueString())
	}
	for _, disk := range m.Disks() {
		launch.DataDiskTypes = append(launch.DataDiskTypes, disk.Type.ValueString())
	}
	return launch
}

// refresh reads every field back from a look at the machine, see [wizard.Steps.Refresh].
func (m *model) refresh(l *wizard.Look) {
	m.Steps.Refresh(l)
	m.Reported.Refresh(l.Instance)
}

// unread tells whether nothing but the id is known, as between an import and its refresh.
func (m *model) unread() bool { return m.InstanceType.IsNull() && m.State.IsNull() }

// project is the project to look the instance up in first; nil for the default.
func (m *model) project() *int64 {
	if id := m.ProjectID.ValueInt64(); id != 0 {
		return &id
	}
	return nil
}

// title names the instance in a sentence: its name and its id.
func (m *model) title() string {
	if name := m.InstanceName.ValueString(); name != "" {
		return fmt.Sprintf("%s (%s)", name, m.ID.ValueString())
	}
	return m.ID.ValueString()
}
