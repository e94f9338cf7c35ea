package wizard

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// said fails the test unless diagnostics are one error with this text, summary and detail in two
// lines, or none for "".
func said(t *testing.T, what string, got diag.Diagnostics, want string) {
	t.Helper()
	text := ""
	for _, d := range got {
		text += d.Summary() + "\n" + d.Detail()
	}
	if text != want || len(got) > 1 || got.HasError() != (want != "") {
		t.Errorf("%s: it says\n%s\nwant\n%s", what, text, want)
	}
}

// ofText is what a validator says of a text.
func ofText(t *testing.T, v validator.String, value types.String) diag.Diagnostics {
	t.Helper()
	var resp validator.StringResponse
	v.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("a"), ConfigValue: value}, &resp)
	return resp.Diagnostics
}

// What KEC can bill: more than nothing, in steps of 0.00001. A computed price may be off by its
// noise.
func TestPrice(t *testing.T) {
	t.Parallel()
	const many = "Spot price limit has more than 5 decimals\nKEC bills in steps of 0.00001 CNY per hour; the limit is "
	const nothing = "Spot price limit is not above zero\nThe limit is %s CNY per hour.\n\nSet it to at least the market price, or leave it out to follow the market."
	for limit, want := range map[string]string{
		"": "", "1": "", "0.00001": "", "0.12345": "", "0.047159999999999999": "", "0.0471600000000000001": "", "0.0471600000009": "",
		"0":                fmt.Sprintf(nothing, "0"),
		"-0.1":             fmt.Sprintf(nothing, "-0.1"),
		"-0.1234567890123": fmt.Sprintf(nothing, "-0.123456789012..."),
		"0.123456":         many + "0.123456.\n\nRound it to 0.12346.",
		"0.000001":         many + "0.000001.\n\nRound it to 0.00001.",
		"0.000009":         many + "0.000009.\n\nRound it to 0.00001.",
		"0.123456789012":   many + "0.123456789012.\n\nRound it to 0.12346.",
		"0.1234567890123":  many[:len(many)-len("is ")] + "is computed and is 0.123456789012....\n\nRound the expression: floor((...) * 100000) / 100000, or ceil in place of floor.",
		"0.047160000001":   many + "0.047160000001.\n\nRound it to 0.04716.",
		"0.0000000000001":  many[:len(many)-len("is ")] + "is computed and is 0....\n\nRound the expression: floor((...) * 100000) / 100000, or ceil in place of floor.",
	} {
		var resp validator.NumberResponse
		price{}.ValidateNumber(t.Context(), validator.NumberRequest{Path: path.Root("a"), ConfigValue: cny(limit)}, &resp)
		said(t, "a limit of "+limit, resp.Diagnostics, want)
	}
	if got := rounded(cny("0.0471600000000000001")); !got.Equal(cny("0.04716")) {
		t.Errorf("without its noise it is %s", got)
	}
	if got := rounded(cny("0.123456")); !got.Equal(cny("0.123456")) {
		t.Errorf("what is no price becomes %s", got)
	}
	if !samePrice(cny("0.0471600000000000001"), cny("0.04716")) || samePrice(cny("0.04716"), cny("0.04717")) {
		t.Error("two prices are the same if they are sent alike")
	}
}

// A limit and a way to bid go together.
func TestBid_validate(t *testing.T) {
	t.Parallel()
	const without = "Bidding with a limit needs the limit\nspot_strategy is \"SpotWithPriceLimit\", but spot_price_limit is not set.\n\n" +
		"Set spot_price_limit to the highest price in CNY per hour, or set spot_strategy to \"SpotAsPriceGo\"."
	const with = "A spot price limit does not go with automatic bidding\nspot_strategy is \"SpotAsPriceGo\", which follows the market price without a limit.\n\n" +
		"Remove spot_price_limit, or set spot_strategy to \"SpotWithPriceLimit\"."
	for _, c := range []struct {
		strategy types.String
		limit    types.Number
		want     string
	}{
		{text("SpotAsPriceGo"), cny(""), ""}, {text("SpotAsPriceGo"), types.NumberUnknown(), ""}, {text("SpotAsPriceGo"), cny("0.1"), with},
		{text("SpotWithPriceLimit"), cny("0.1"), ""}, {text("SpotWithPriceLimit"), types.NumberUnknown(), ""}, {text("SpotWithPriceLimit"), cny(""), without},
		{types.StringNull(), cny("0.1"), ""}, {types.StringNull(), cny(""), ""}, {types.StringUnknown(), cny(""), ""},
	} {
		said(t, c.strategy.String()+" "+c.limit.String(), Bid{SpotStrategy: c.strategy, SpotPriceLimit: c.limit}.Validate(path.Empty()), c.want)
	}
}

// User data has at most 16384 bytes, before it is encoded.
func TestUserData_size(t *testing.T) {
	t.Parallel()
	const long = "User data is too long\nIt has 16385 bytes; KEC takes 16384.\n\nShorten it, or let it fetch the rest from elsewhere."
	for n, want := range map[int]string{0: "", 16384: "", 16385: long} {
		plain := strings.Repeat("a", n)
		said(t, fmt.Sprint(n, " bytes"), ofText(t, userData{}, text(plain)), want)
		said(t, fmt.Sprint(n, " bytes in base64"), ofText(t, userDataBase64{}, encoded(text(plain))), want)
	}
	said(t, "no base64", ofText(t, userDataBase64{}, text("!")), "User data is not base64\nIt cannot be decoded.\n\n"+
		"Encode it with base64encode or filebase64, or give plain text in user_data.")
}

// KEC's rule for passwords, each part of it.
func TestPassword(t *testing.T) {
	t.Parallel()
	const rule = "; KEC wants 8 to 32 characters with an upper-case letter, a lower-case letter and a digit.\n\nChoose another password."
	for secret, want := range map[string]string{
		"Abcdef12": "", "ABCDEFa0": "", "ABCDEFz9": "", "abcdefZ9": "", "Abcdefghijklmnopqrstuvwxyz012345": "", "密码Abcd12": "", "Abc!def1": "",
		"Abcde12": "It has 7 characters", "Abcdefghijklmnopqrstuvwxyz0123456": "It has 33 characters", "密码Abc12": "It has 7 characters",
		"abcdef12": "It has no upper-case letter", "@[abcd12": "It has no upper-case letter", "ABCDEF12": "It has no lower-case letter", "`{ABCD12": "It has no lower-case letter",
		"Abcdefgh": "It has no digit", "/:Abcdef": "It has no digit", "Abc def1": "It has a space or an invisible character",
		"Abc\u00a0def1": "It has a space or an invisible character", "Abc\u200bdef1": "It has a space or an invisible character",
	} {
		if want != "" {
			want = "Password breaks KEC's rule\n" + want + rule
		}
		said(t, secret, ofText(t, password{}, text(secret)), want)
	}
	said(t, "unknown", ofText(t, password{}, types.StringUnknown()), "")
	said(t, "none", ofText(t, password{}, types.StringNull()), "")
}

// A machine has one way to log in.
func TestLogin_validate(t *testing.T) {
	t.Parallel()
	some, yes := tfvalue.TextSet([]string{"k"}), types.BoolValue(true)
	const one = "Two ways to log in\nBoth %s and %s are set, but an instance has one way to log in.\n\nKeep one of them."
	for name, c := range map[string]struct {
		of   Login
		want string
	}{
		"none":             {Login{}, ""},
		"a password":       {Login{PasswordWO: text("x")}, ""},
		"keys":             {Login{KeyIDs: some}, ""},
		"the image's":      {Login{KeepImageLogin: yes}, ""},
		"password, keys":   {Login{PasswordWO: text("x"), KeyIDs: some}, fmt.Sprintf(one, "password_wo", "key_ids")},
		"keys, image":      {Login{KeyIDs: some, KeepImageLogin: yes}, fmt.Sprintf(one, "key_ids", "keep_image_login")},
		"all":              {Login{PasswordWO: text("x"), KeyIDs: some, KeepImageLogin: yes}, fmt.Sprintf(one, "password_wo", "key_ids")},
		"a password later": {Login{PasswordWO: types.StringUnknown(), KeyIDs: some}, ""},
		"no keys":          {Login{PasswordWO: text("x"), KeyIDs: tfvalue.TextSet(nil)}, ""},
		"and not kept":     {Login{PasswordWO: text("x"), KeepImageLogin: types.BoolValue(false)}, ""},
	} {
		said(t, name, c.of.Validate(), c.want)
	}
}

// A monthly address needs its months, by whichever name it is monthly.
func TestAddress_validate(t *testing.T) {
	t.Parallel()
	for charge, needs := range map[string]bool{"Monthly": true, "prepaidbymonth": true, "Daily": false, "PostPaidByDay": false, "Other": false, "": false} {
		for months, set := range map[types.Int64]bool{types.Int64Null(): false, types.Int64Unknown(): true, types.Int64Value(1): true} {
			want := ""
			if needs && !set {
				want = fmt.Sprintf("A monthly address needs its months\neip.charge_type is %q, but eip.purchase_months is not set.\n\n"+
					"Set eip.purchase_months, or choose another eip.charge_type.", charge)
			}
			said(t, charge, Address{eips.Object(eip{ChargeType: text(charge), PurchaseMonths: months})}.Validate(), want)
		}
	}
	said(t, "none", Address{eips.NullObject()}.Validate(), "")
	for name, want := range map[string]string{
		"peak": "PostPaidByPeak", "TrafficMonthly": "PostPaidByTransfer", "HourlySettlement": "PostPaidByHour", "HourlyInstantSettlement": "PostPaidByHour",
		"RegionPeak": "PostPaidByRegionPeak", "postpaidbyday": "PostPaidByDay", "New": "New",
	} {
		if got := chargeType(text(name)); got.ValueString() != want {
			t.Errorf("%s is sent as %s, want %s", name, got, want)
		}
	}
}

// The rules of automatic deletion, addresses and deadlines.
func TestSmallRules(t *testing.T) {
	t.Parallel()
	const nothing = "Nothing to delete the address with\nauto_delete_eip is true, but auto_delete_time is not set.\n\nSet auto_delete_time, or remove auto_delete_eip."
	yes := types.BoolValue(true)
	said(t, "an address alone", Release{AutoDeleteEIP: yes}.Validate(), nothing)
	said(t, "with a time", Release{AutoDeleteEIP: yes, AutoDeleteTime: text("x")}.Validate(), "")
	said(t, "with a time to come", Release{AutoDeleteEIP: yes, AutoDeleteTime: types.StringUnknown()}.Validate(), "")
	said(t, "no address", Release{AutoDeleteEIP: types.BoolValue(false)}.Validate(), "")
	for value, want := range map[string]string{
		"2026-03-02T12:00:00Z": "", "2026-03-02T20:00:00+08:00": "",
		"2026-03-02T12:00:30Z": "KEC deletes at whole minutes\n2026-03-02T12:00:30Z has seconds.\n\nRound it to 2026-03-02T12:00:00Z.",
		"2026-03-02 12:00":     "Not a time\n\"2026-03-02 12:00\" is not a time in RFC 3339.\n\nGive date, time and offset, such as 2026-11-23T18:30:00+08:00.",
	} {
		said(t, value, ofText(t, wholeMinute{}, text(value)), want)
	}
	for value, good := range map[string]bool{"10.7.0.9": true, "10.7.0": false, "::1": false, "": false} {
		want := ""
		if !good {
			want = fmt.Sprintf("Not an IPv4 address\n%q is not an IPv4 address.\n\nGive a free address of the subnet, or leave it out and let KEC pick one.", value)
		}
		said(t, value, ofText(t, ipv4{}, text(value)), want)
	}
	for _, v := range []types.String{types.StringNull(), types.StringUnknown()} {
		said(t, "not known", ofText(t, wholeMinute{}, v), "")
		said(t, "not known", ofText(t, ipv4{}, v), "")
	}
	for limit, want := range map[string]string{
		"1ns": "", "soon": "", "0s": "A deadline that is always over\ntimeouts.read is 0s.\n\nGive a positive duration, such as 20m.",
		"-1m": "A deadline that is always over\ntimeouts.read is -1m.\n\nGive a positive duration, such as 20m.",
	} {
		of := timeouts.Value{Object: types.ObjectValueMust(map[string]attr.Type{"read": types.StringType, "create": types.StringType},
			map[string]attr.Value{"read": text(limit), "create": types.StringNull()})}
		said(t, limit, ValidateDeadlines(of), want)
	}
	if !unlessFalse(types.BoolValue(false)).IsNull() || !unlessFalse(yes).Equal(yes) || !unlessFalse(types.BoolNull()).IsNull() || !unlessFalse(types.BoolUnknown()).IsUnknown() {
		t.Error("false is null, and nothing else is")
	}
}

// Every element that is known sets what every element needs.
func TestComplete(t *testing.T) {
	t.Parallel()
	whole := DataDisk{Type: text("SSD3.0"), SizeGiB: types.Int64Value(50), DeleteWithInstance: types.BoolValue(true)}
	lacks := func(change func(d *DataDisk)) types.List {
		d := whole
		change(&d)
		return dataDisks.List([]DataDisk{whole, d})
	}
	const missing = "A required attribute is missing\ndata_disks[1] has no %s.\n\nSet %[1]s in every element of data_disks."
	for name, c := range map[string]struct {
		of   types.List
		want string
	}{
		"whole":          {lacks(func(*DataDisk) {}), ""},
		"without type":   {lacks(func(d *DataDisk) { d.Type = types.StringNull() }), fmt.Sprintf(missing, "type")},
		"without size":   {lacks(func(d *DataDisk) { d.SizeGiB = types.Int64Null() }), fmt.Sprintf(missing, "size_gib")},
		"without fate":   {lacks(func(d *DataDisk) { d.DeleteWithInstance = types.BoolNull() }), fmt.Sprintf(missing, "delete_with_instance")},
		"a type to come": {lacks(func(d *DataDisk) { d.Type = types.StringUnknown() }), ""},
		"one to come":    {types.ListValueMust(dataDisks.Object(whole).Type(t.Context()), []attr.Value{types.ObjectUnknown(dataDisks.Object(whole).AttributeTypes(t.Context()))}), ""},
		"none":           {dataDisks.NullList(), ""},
	} {
		said(t, name, Storage{DataDisks: c.of}.Validate(), c.want)
	}
	nic := SecondaryNIC{SubnetID: text("s"), SecurityGroupIDs: types.SetNull(types.StringType)}
	said(t, "an interface", Network{SecondaryNICs: secondaryNICs.List([]SecondaryNIC{nic})}.Validate(),
		"A required attribute is missing\nsecondary_network_interfaces[0] has no security_group_ids.\n\nSet security_group_ids in every element of secondary_network_interfaces.")
}

// Tags that KEC keeps for itself, or that the client uses, are refused, in any case.
func TestTagValidators(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 128)
	for key, good := range map[string]bool{
		"env": true, "k": true, "ks": true, "KS": true, "ksb": true, "kaa": true, "团队": true, "a ksc": true, long: true,
		"": false, "ksc": false, "KsC-x": false, "kec-launch-mark": false, "KEC-Fleet-ID": false, "kec-start-again": false, long + "k": false,
	} {
		for value, fine := range map[string]bool{"": true, strings.Repeat("v", 255): true, strings.Repeat("v", 256): false} {
			var resp validator.MapResponse
			for _, v := range TagValidators() {
				v.ValidateMap(t.Context(), validator.MapRequest{ConfigValue: types.MapValueMust(types.StringType, map[string]attr.Value{key: text(value)})}, &resp)
			}
			if resp.Diagnostics.HasError() == (good && fine) {
				t.Errorf("%q with %d letters: %v", key, len(value), resp.Diagnostics)
			}
		}
	}
}

// Each wanted element gets the reported one that fits it best, by the strictest rule first, and no
// reported one serves twice.
func TestPair(t *testing.T) {
	t.Parallel()
	equal, fold := func(a, b string) bool { return a == b }, strings.EqualFold
	for _, c := range []struct {
		wanted, reported []string
		want             []int
	}{
		{nil, nil, []int{}}, {[]string{"a"}, nil, []int{-1}}, {[]string{"A", "a"}, []string{"a", "A"}, []int{1, 0}}, {[]string{"A", "a"}, []string{"a"}, []int{-1, 0}},
		{[]string{"A", "A"}, []string{"a", "b", "a"}, []int{0, 2}}, {[]string{"b", "a"}, []string{"A", "B", "b"}, []int{2, 0}},
	} {
		if got := pair(c.wanted, c.reported, equal, fold); !slices.Equal(got, c.want) {
			t.Errorf("%v of %v: %v, want %v", c.wanted, c.reported, got, c.want)
		}
	}
}
