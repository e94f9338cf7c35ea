package kec

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// The words of InstanceState.Name that mean something here by themselves (fact 146: active and
// error, for which Failed is). Any other word means: keep waiting.
const (
	StateActive   = "active" // it runs
	StateStopped  = "stopped"
	StateStopping = "stopping"
)

// Failed tells whether a state is one in which nothing can come of an instance any more: "error",
// or one that ends so, such as "build_error" (facts 146, 283).
func Failed(state string) bool { return strings.HasSuffix(strings.ToLower(state), "error") }

// The charge types of an instance (fact 44: the words of ChargeType).
const (
	ChargeSpot    = "Spot"
	ChargeMonthly = "Monthly"
	ChargeDaily   = "Daily"
	ChargeHourly  = "HourlyInstantSettlement"
)

// The strategies of a Spot Instance: it follows the market price, or is given up above a limit.
const (
	SpotAsPriceGo      = "SpotAsPriceGo"
	SpotWithPriceLimit = "SpotWithPriceLimit"
)

// Instance is one machine as DescribeInstances shows it. A text that the answer leaves out, or
// gives as null, is "".
type Instance struct {
	ID              string
	Name            string
	Type            string // such as "N3.2B"
	ImageID         string
	SubnetID        string
	PrivateIP       string // of the primary network interface
	HostName        string
	UserData        string // as given; a secret, so never log it
	ProjectID       *int64
	State           string // a lower-case word such as StateActive; the list is open
	Zone            string // AvailabilityZone, or AvailabilityZoneName when that is absent
	ChargeType      string // such as ChargeSpot
	SpotStrategy    string // SpotAsPriceGo or SpotWithPriceLimit
	SpotPriceLimit  *decimal.Decimal
	RecyclingTime   string // SpotRecyclingTime as given or in RFC 3339, "" until KEC announces the release; see RecyclingAt
	Created         string // CreationDate as given; see CreatedAt
	AutoDeleteTime  string // as given, "" when automatic deletion is off; see AutoDeleteAt
	AutoDeleteEIP   *bool  // whether the EIP goes with an automatic deletion; nil when the answer does not say
	SriovNetSupport *bool  // nil when the answer does not say
	DistributeIPv6  *bool  // IsDistributeIpv6; nil when the answer does not say
	DataGuardID     string // of the first data guard group (DataGuardSet), "" without one
	LocalDataDiskGB *int64 // InstanceConfigure.DataDiskGb
	SystemDisk      Disk
	DataDisks       []Disk          // nil when the answer does not say, as all lists
	NICs            []NIC           // see DataDisks
	KeyIDs          []string        // see DataDisks
	TellsDataGuard  bool            // the answer has the field DataGuardSet, if only an empty one
	TellsUserData   bool            // the answer has the field UserData, if only an empty one
	TellsAutoDelete bool            // and AutoDeleteTime
	Raw             json.RawMessage // the whole element, fields unknown to this package included
}

// Disk is a system or data disk of an instance.
type Disk struct {
	ID                 string
	Type               string // such as "SSD3.0"
	SizeGB             int64  // 0 when the answer has no size
	DeleteWithInstance *bool  // nil when the answer does not say
}

// NIC is a network interface of an instance.
type NIC struct {
	ID               string
	Type             string // "primary" or "extension"
	VPCID            string
	SubnetID         string
	PrivateIP        string
	PublicIP         string
	SecurityGroupIDs []string
}

// Spot tells whether the charge type is that of a Spot Instance, by name or by number (fact 116:
// 810).
func (in *Instance) Spot() bool {
	return strings.EqualFold(in.ChargeType, ChargeSpot) || in.ChargeType == "810"
}

// PrimaryNIC is the network interface of type "primary", else the first one, else nil.
func (in *Instance) PrimaryNIC() *NIC {
	for i := range in.NICs {
		if strings.EqualFold(in.NICs[i].Type, "primary") {
			return &in.NICs[i]
		}
	}
	if len(in.NICs) > 0 {
		return &in.NICs[0]
	}
	return nil
}

// CreatedAt is Created as an instant; false when it is absent or unreadable.
func (in *Instance) CreatedAt() (time.Time, bool) { return ksyun.ParseTime(in.Created) }

// RecyclingAt is the instant at which KEC will release the instance. False until a release is
// announced, and when the announcement is unreadable.
func (in *Instance) RecyclingAt() (time.Time, bool) { return ksyun.ParseTime(in.RecyclingTime) }

// AutoDeleteAt is the instant at which KEC will delete the instance by itself. AutoDeleteTime has
// minutes or seconds, and is taken as UTC+8 when it names no zone (fact 64: its form). False when
// automatic deletion is off, and when the time is unreadable.
func (in *Instance) AutoDeleteAt() (time.Time, bool) { return ksyun.ParseTime(in.AutoDeleteTime) }
