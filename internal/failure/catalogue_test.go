package failure_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// said is KEC's no to RunInstances with this code.
func said(code string) error {
	return &ksyun.Error{Action: "RunInstances", Code: code, Message: "x", Status: 400}
}

// ofOrder explains an order in this status.
func ofOrder(t *testing.T, status int) failure.Failure {
	t.Helper()
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: "a", SecretKey: "s"}, ksyun.WithHTTPTransport(kecsim.New().Transport()))
	if err != nil {
		t.Fatal(err)
	}
	all := failure.NewExplainer(client, market.NewSnapshot(client)).OfOrder(t.Context(), &kec.Order{Status: status})
	if len(all) != 1 {
		t.Fatalf("%d failures, want 1", len(all))
	}
	return all[0]
}

// Every code of the catalogue has a case here, which shows the attribute that its
// message points at.
func TestCatalogue_everyCodePointsAtItsAttribute(t *testing.T) {
	t.Parallel()
	unpaid, canceled := ofOrder(t, 0), ofOrder(t, 2)
	cases := map[failure.Code]struct {
		failure   failure.Failure
		attribute string // of kec_spot_instance; "" where the cause lies outside of it
	}{
		failure.OutOfStock:           {failure.Of(said("ProductSellOutInvalid")), "instance_type"},
		failure.ExcessiveNumber:      {failure.Of(said("InstanceQuotaExceeded")), ""},
		failure.PriceBelowMarket:     {failure.Of(said("SpotPriceLimitInvalid")), "spot_price_limit"},
		failure.PriceAboveOnDemand:   {failure.Of(said("higher than the on-demand price")), "spot_price_limit"},
		failure.SpotNotOffered:       {failure.Of(said("ChargeTypeNotSupported")), "instance_type"},
		failure.InsufficientBalance:  {failure.Of(said("Payment.InsufficientBalance")), ""},
		failure.SubnetFull:           {failure.Of(said("SubnetIpNotEnough")), "subnet_id"},
		failure.ImageUnusable:        {failure.Of(said("ImageIdInvalid")), "image_id"},
		failure.InvalidParameter:     {failure.Of(&ksyun.Error{Code: "InvalidParameterValue", Param: "HostName", Status: 400}), "host_name"},
		failure.PermissionDenied:     {failure.Of(said("AccessDenied")), ""},
		failure.Throttled:            {failure.Of(said("RequestLimitExceeded")), ""},
		failure.InstanceProtected:    {failure.Of(said("InstanceResourceProtected")), "deletion_protection"},
		failure.LaunchFailed:         {failure.Of(said("the instance failed to start")), ""},
		failure.OrderUnpaid:          {unpaid, ""},
		failure.OrderCanceled:        {canceled, ""},
		failure.Unknown:              {failure.Of(said("MoonPhase")), ""},
		failure.OutcomeUnknown:       {failure.Of(fmt.Errorf("%w: EOF", machines.ErrOutcomeUnknown)), ""},
		failure.NotSent:              {failure.Of(fmt.Errorf("%w: EOF", machines.ErrNotSent)), ""},
		failure.ChangeUnknown:        {failure.Of(fmt.Errorf("%w: EOF", kec.ErrChangeUnknown)), ""},
		failure.UnusableAnswer:       {failure.Of(&ksyun.Error{Message: "HTML", Status: 502, Unusable: true}), ""},
		failure.ServiceUnavailable:   {failure.Of(&ksyun.Error{Code: "INTERNAL_FAILURE", Status: 500}), ""},
		failure.Unreachable:          {failure.Of(errors.New("connection refused")), ""},
		failure.DeadlineExceeded:     {failure.Of(&machines.WaitError{Err: context.DeadlineExceeded}), ""},
		failure.Interrupted:          {failure.Of(fmt.Errorf("RunInstances: %w", context.Canceled)), ""},
		failure.InstanceGone:         {failure.Of(fmt.Errorf("instance i: %w", machines.ErrGone)), ""},
		failure.InstanceInErrorState: {failure.Of(&machines.StateError{InstanceID: "i", State: "error"}), ""},
		failure.FleetShort:           {failure.Fleet(failure.FleetShort, "", "", ""), ""},
		failure.FleetTooDear:         {failure.Fleet(failure.FleetTooDear, "", "", ""), ""},
	}
	for _, cause := range failure.Catalogue() {
		c, ok := cases[cause.Code]
		if !ok {
			t.Errorf("%s has no case", cause.Code)
			continue
		}
		if c.failure.Code != cause.Code || c.failure.Summary != cause.Summary {
			t.Errorf("%s: got %s: %s", cause.Code, c.failure.Code, c.failure.Summary)
		}
		got, attribute := c.failure.Diagnostic(wizard.Parameters()), ""
		if d, ok := got.(diag.DiagnosticWithPath); ok {
			attribute = d.Path().String()
		}
		if attribute != c.attribute {
			t.Errorf("%s points at %q, want %q", cause.Code, attribute, c.attribute)
		}
		if !strings.Contains(got.Detail(), "\n\nCode: "+string(cause.Code)) {
			t.Errorf("%s is not in its message: %s", cause.Code, got.Detail())
		}
	}
	if len(cases) != len(failure.Catalogue()) {
		t.Errorf("%d cases, but %d codes", len(cases), len(failure.Catalogue()))
	}
}

// Every kind of shortfall that a plan may have is a code of the catalogue, at the
// attribute that asks for it.
func TestOfPlan_everyKindPointsAtItsAttribute(t *testing.T) {
	t.Parallel()
	limit, none := decimal.New(5, -2), int64(0)
	launch := market.Launch{
		InstanceType: "N3.2B", ImageID: "IMG-1", SubnetID: "s-1", PriceLimit: &limit, PrivateIP: "10.9.0.1", SecurityGroupIDs: []string{"g-1"},
		OtherSubnetIDs: []string{"s-1", "s-2"}, DataDiskTypes: []string{"SSD3.0", "EHDD"},
	}
	vpc := kec.Subnet{ID: "s-1", Zone: "z", CIDR: "10.0.0.0/24", VPCID: "v-1"}
	full := kec.Subnet{ID: "s-1", Zone: "z", FreeIPs: &none}
	disks := kec.InstanceTypeConfig{SoldOut: map[string][]string{"EHDD": {"z"}}}
	cases := map[market.Kind]struct {
		offer         market.Offer
		code          failure.Code
		param, points string
	}{
		market.BelowMarket: {
			market.Offer{Quote: answer(market.Quote{Now: decimal.New(6, -2)})}, failure.PriceBelowMarket, "SpotPriceLimit", "spot_price_limit",
		},
		market.AboveOnDemand: {
			market.Offer{Quote: answer(market.Quote{OnDemand: &decimal.Decimal{}})}, failure.PriceAboveOnDemand, "SpotPriceLimit", "spot_price_limit",
		},
		market.OutOfStock:     {market.Offer{Stock: answer(0)}, failure.OutOfStock, "InstanceType", "instance_type"},
		market.AddressesShort: {market.Offer{Subnet: answer(full)}, failure.SubnetFull, "SubnetId", "subnet_id"},
		market.ImageNotActive: {market.Offer{Image: answer(kec.Image{State: "error"})}, failure.ImageUnusable, "ImageId", "image_id"},
		market.NoSpotPrice:    {market.Offer{Quote: nothing[market.Quote]()}, failure.SpotNotOffered, "InstanceType", "instance_type"},
		market.NotSoldInZone: {
			market.Offer{Zone: "z", Type: answer(kec.InstanceTypeConfig{Zones: []string{"y"}})}, failure.SpotNotOffered, "InstanceType", "instance_type",
		},
		market.DiskSoldOut:    {market.Offer{Zone: "z", Type: answer(disks)}, failure.OutOfStock, "DataDisk.2.Type", "data_disks"},
		market.NoSuchImage:    {market.Offer{Image: nothing[kec.Image]()}, failure.ImageUnusable, "ImageId", "image_id"},
		market.NoSuchSubnet:   {market.Offer{Subnet: nothing[kec.Subnet]()}, failure.InvalidParameter, "SubnetId", "subnet_id"},
		market.AddressOutside: {market.Offer{Subnet: answer(vpc)}, failure.InvalidParameter, "PrivateIpAddress", "private_ip_address"},
		market.NoSuchGroup: {
			market.Offer{Subnet: answer(kec.Subnet{}), Groups: []market.Answer[kec.SecurityGroup]{nothing[kec.SecurityGroup]()}},
			failure.InvalidParameter, "SecurityGroupId", "security_group_ids",
		},
		market.ForeignGroup: {
			market.Offer{Subnet: answer(kec.Subnet{VPCID: "v-1"}), Groups: []market.Answer[kec.SecurityGroup]{answer(kec.SecurityGroup{VPCID: "v-2"})}},
			failure.InvalidParameter, "SecurityGroupId", "security_group_ids",
		},
	}
	for kind := range market.ForeignGroup + 1 {
		c := cases[kind]
		short := market.Judge(launch, 1, c.offer, market.Planned)
		if len(short) != 1 || short[0].Kind != kind {
			t.Errorf("the kind %d has no case, or is judged %v", kind, short)
			continue
		}
		f := failure.OfPlan(short[0])
		if f.Code != c.code || f.Param != c.param {
			t.Errorf("the kind %d is %s at %s, want %s at %s", kind, f.Code, f.Param, c.code, c.param)
		}
		d, ok := f.Diagnostic(planned).(diag.DiagnosticWithPath)
		if !ok || d.Path().String() != c.points {
			t.Errorf("the kind %d points at %v, want %s", kind, d, c.points)
		}
	}
}

func answer[T any](value T) market.Answer[T] { return market.AnswerOf(&value, nil) }

func nothing[T any]() market.Answer[T] { return market.AnswerOf[T](nil, nil) }

// planned is the table of an instance with two data disks.
var planned = func() param.Table {
	t := wizard.Parameters()
	for i := range 2 {
		t.At(path.Root("data_disks").AtListIndex(i).AtName("type"), fmt.Sprintf("DataDisk.%d.Type", i+1), types.StringValue("EHDD"))
	}
	return t
}()

// A remedy names parameters, and the table knows the attribute of each. Only the
// attributes of the provider block, and timeouts, are named as they are.
func TestRemedies_nameParametersThatTheTableLocates(t *testing.T) {
	t.Parallel()
	attributes := map[string]bool{}
	for _, line := range wizard.Parameters() {
		if len(line.Path.Steps()) > 0 {
			attributes[param.TopLevel(line.Path).String()] = true
		}
	}
	named, word := 0, regexp.MustCompile(`\{[A-Z]\w*\}|[a-z]+(_[a-z]+)+`)
	for _, pattern := range []string{"*.go", "../market/*.go", "../preflight/*.go"} {
		for _, file := range parsed(t, pattern) {
			ast.Inspect(file, func(n ast.Node) bool {
				text, ok := n.(*ast.BasicLit)
				if !ok || text.Kind != token.STRING {
					return true
				}
				for _, name := range word.FindAllString(text.Value, -1) {
					if attributes[name] {
						t.Errorf("%s names the attribute %s, not its parameter", text.Value, name)
					}
					if name, ok := strings.CutPrefix(name, "{"); ok {
						named++
						if _, ok := wizard.Parameters().Locate(strings.TrimSuffix(name, "}")); !ok {
							t.Errorf("%s names %s, which no attribute has", text.Value, name)
						}
					}
				}
				return true
			})
		}
	}
	if named == 0 {
		t.Error("no remedy names a parameter")
	}
}

// parsed are the files of a pattern, tests left out.
func parsed(t *testing.T, pattern string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// No code can be in a message that is not in the catalogue: each declared one is
// there, and the package's code neither invents one nor makes a failure without it.
func TestCatalogue_holdsEveryCode(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range failure.Catalogue() {
		known[string(c.Code)] = true
	}
	declared := 0
	check := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if typ, ok := n.Type.(*ast.Ident); ok && typ.Name == "Code" {
				declared++
				value, _ := n.Values[0].(*ast.BasicLit)
				if code, _ := strconv.Unquote(value.Value); !known[code] || code != n.Names[0].Name {
					t.Errorf("the code %s = %s is not in the catalogue", n.Names[0].Name, value.Value)
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
				if _, ok := n.Value.(*ast.Ident); !ok {
					t.Errorf("a code that has no name: %v", n.Value)
				}
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "Code" {
				t.Errorf("a code that is made of a text: %v", n.Args)
			}
		}
		return true
	}
	for _, file := range parsed(t, "*.go") {
		ast.Inspect(file, check)
	}
	if declared != len(known) {
		t.Errorf("%d codes are declared, %d are in the catalogue", declared, len(known))
	}
}
