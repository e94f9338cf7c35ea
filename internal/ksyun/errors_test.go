package ksyun

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
)

func TestError_text(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]Error{
		"RunInstances: C: two lines (request id r, HTTP 400)":  {Action: "RunInstances", Code: "C", Message: "two\n lines", RequestID: "r", Status: 400},
		"RunInstances: refused without a reason (HTTP 500)":    {Action: "RunInstances", Status: 500},
		"RunInstances: only a message (HTTP 200)":              {Action: "RunInstances", Message: "only a message", Status: 200},
		"RunInstances: OnlyACode (request id q-004, HTTP 403)": {Action: "RunInstances", Code: "OnlyACode", RequestID: "q-004", Status: 403},
	} {
		equal(t, "text", e.Error(), want)
	}
}

func TestIsStateRefusal(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"InstanceStateNotSupported": true, "instancestatenotsupported": true, "InstanceStateNotSupportedReboot": true, "OrderStateNotSupported": true,
		"ReservePreMigrateQueueNotSupportStartInstance": true, "Payment.CreateOrderFailed": true, "OperationFailedWithTradeInstanceError": true,
		"": false, "InstanceStateNotSupportedX": false, "XOrderStateNotSupported": false, "CreateOrderFailed": false, "ProductSellOutInvalid": false,
		"InvalidParameterValue": false, "ServiceUnavailable": false, "CheckInstanceTradeStatusAndChargeTypeIsX": false,
	} {
		err := fmt.Errorf("instance i-1: %w", &Error{Code: code, Message: "InstanceStateNotSupported", Status: 400})
		equal(t, code, IsStateRefusal(err), want)
		equal(t, code+" in doubt", IsStateRefusal(fmt.Errorf("%w: %w", errors.New("in doubt"), err)), want)
	}
	equal(t, "nil", IsStateRefusal(nil), false)
	equal(t, "no refusal", IsStateRefusal(errors.New("InstanceStateNotSupported")), false)
}

func TestParamNamed(t *testing.T) {
	t.Parallel()
	sent := url.Values{
		"InstanceType": {"x"}, "ImageId": {"x"}, "DataDisk.1.Size": {"x"}, "DataDisk.10.Size": {"x"}, "DataDisk.2.Type": {"x"}, "SecurityGroupId.1": {"x"},
		"SecurityGroupId.2": {"x"}, "SpotPriceLimit": {"x"}, "SystemDisk.DiskSize": {"x"}, "InstanceName": {"x"}, "InstanceNameSuffix": {"x"},
	}
	for message, want := range map[string]string{
		"":                                                    "",
		"SpotPriceLimit is out of range":                      "SpotPriceLimit",
		"the value of spotpricelimit is wrong.":               "SpotPriceLimit",
		"DataDisk.1.Size must be at least 10":                 "DataDisk.1.Size",
		"wrong: DataDisk.10.Size.":                            "DataDisk.10.Size",
		"InstanceNameSuffix needs InstanceName":               "InstanceNameSuffix",
		"参数InstanceType无效":                                    "InstanceType",
		"MyImageId is wrong":                                  "",
		"ImageIds are wrong":                                  "",
		"ImageId_x":                                           "",
		"SecurityGroupId is not in the VPC":                   "SecurityGroupId.1",
		"DataDisk.Type is wrong":                              "DataDisk.2.Type",
		"DataDisk.Size is wrong":                              "DataDisk.1.Size",
		"DataDisk.3.Size is wrong":                            "",
		"The parameter 'KeyId.1' is wrong":                    "KeyId.1",
		"Invalid parameter: subnetId":                         "subnetId",
		"a parameter is missing":                              "",
		"parameters of the request":                           "",
		"parameter HostName conflicts with SpotPriceLimit":    "SpotPriceLimit",
		"Missing parameter AvailabilityZone, please check it": "AvailabilityZone",
	} {
		equal(t, message, paramNamed(message, sent), want)
	}
	c, _ := client(t, of(refuse(400, "InvalidParameterValue", "SpotPriceLimit 0.02 is under the price")))
	_, err := c.RunInstances(t.Context(), sent)
	e, _ := errors.AsType[*Error](err)
	if e == nil || e.Param != "SpotPriceLimit" {
		t.Errorf("got %#v", e)
	}
}

// A name is one only where no letter, digit, underscore or further part of a dotted name is beside
// it.
func TestParamNamed_words(t *testing.T) {
	t.Parallel()
	sent := url.Values{"ImageId": {"x"}, "SubnetId": {"x"}}
	for _, beside := range []string{"a", "z", "A", "Z", "0", "9", "_"} {
		for _, message := range []string{beside + "ImageId", "x " + beside + "ImageId", "ImageId" + beside, "ImageId" + beside + " x", "ImageId." + beside, beside + ".ImageId"} {
			equal(t, message, paramNamed(message, sent), "")
			equal(t, message+" and again", paramNamed(message+" ImageId", sent), "ImageId")
		}
	}
	for _, beside := range []string{" ", ".", "'", "`", "@", "[", "{", "/", ":", "-", "长", ""} {
		for _, message := range []string{beside + "ImageId", "x" + " " + beside + "ImageId", "ImageId" + beside, "ImageId" + beside + " x"} {
			equal(t, message, paramNamed(message, sent), "ImageId")
		}
	}
	for range 20 { // the order of a map is another one each time
		equal(t, "the longest", paramNamed("ImageId and SubnetId are wrong", sent), "SubnetId")
		equal(t, "of two as long", paramNamed("HostB and HostA are wrong", url.Values{"HostA": {"x"}, "HostB": {"x"}}), "HostA")
		equal(t, "without indexes", paramNamed("Disk.Size is wrong", url.Values{"Disk.2.Size": {"x"}, "Disk.1.Size": {"x"}, "Disk.3.Size": {"x"}}), "Disk.1.Size")
		equal(t, "two without indexes", paramNamed("Disk.Size and Disk.Type are wrong",
			url.Values{"Disk.2.Size": {"x"}, "Disk.1.Type": {"x"}, "Disk.3.Size": {"x"}}), "Disk.2.Size")
		equal(t, "the longer without indexes", paramNamed("Disk.Size and Disk.Category are wrong",
			url.Values{"Disk.2.Size": {"x"}, "Disk.4.Category": {"x"}, "Disk.3.Category": {"x"}}), "Disk.3.Category")
	}
}

// The endpoint's port is one that there can be.
func TestCheckEndpoint_ports(t *testing.T) {
	t.Parallel()
	for port, want := range map[string]string{"1": "<nil>", "65535": "<nil>", "": "<nil>", "0": "not", "65536": "not", "00080": "<nil>"} {
		if want == "not" {
			want = "the endpoint's port is not a number from 1 to 65535"
		}
		equal(t, port, fmt.Sprint(CheckEndpoint("https://host:"+port)), want)
	}
}
