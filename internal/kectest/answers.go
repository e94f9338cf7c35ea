package kectest

// Answers are the shapes of an answer that are known, of any action, good ones and bad (API notes,
// 1.5, 2.1 to 2.5).
var Answers = []string{
	``, ` `, `{}`, `[]`, `null`, `7`, `"x"`, `{`, `{"a":`, "\xef\xbb\xbf{}", "<html>404</html>", `<?xml version="1.0"?><Error/>`, "\x00\xff", `{"RequestId":null}`,
	`{"RequestId":"a","Error":{"Type":"Sender","Code":"InvalidParameterValue","Message":"SpotPriceLimit is out of range"}}`,
	`{"RequestId":"a","Error":{"Code":"C","Message":"m"}}`, `{"requestid":"a","error":{"code":"C","message":"m"}}`,
	`{"RequestId":"a","Error":{"Code":"C","InnerCode":"D","Message":["m"]}}`, `{"code":40001,"message":"m","codeDesc":"d"}`, `{"Error":"broken"}`, `{"Error":false}`,
	`{"Error":{"Code":"RequestLimitExceeded"}}`, `{"Error":{"Code":{"Code":"x"}}}`, `{"RequestId":"KEC-0b2d6b0e-6a6d-4a0c-9f0e-5d1f5f7c2a11004","Return":"true"}`,
	`{"Return":true}`, `{"Result":false,"Message":"no"}`, `{"InstancesSet":[{"InstanceId":"i-1","Return":true}]}`,
	`{"InstancesSet":[{"InstanceId":"I-1","Return":"false","Messgae":"no"},{"InstanceId":"i-2"}]}`,
	`{"InstancesSet":[]}`, `{"InstancesSet":null}`, `{"InstancesSet":""}`, `{"InstancesSet":{}}`, `{"InstancesSet":[null,7,{},[]]}`, `{"InstanceCount":0,"InstancesSet":[]}`,
	`{"InstanceCount":1,"Marker":0,"InstancesSet":[]}`, `{"InstanceCount":"9","InstancesSet":[]}`, `{"InstancesSet":[{"InstanceId":"i-1","InstanceName":"n"}]}`,
	`{"InstancesSet":[{"InstanceId":"i-1","Insta`, `{"instancesset":[{"instanceid":7}]}`, `{"InstanceCount":1,"InstancesSet":[` + DocumentedInstance + `]}`,
	`{"Tags":[{"ResourceUuid":"i-1","TagId":7,"TagKey":"env","TagValue":"prod"}]}`, `{"Tags":[{"ResourceUuid":"I-1","TagKey":"kec-launch-mark","TagValue":null}]}`, `{"Tags":null}`, `{"tags":{}}`,
	`{"SubnetSet":[{"SubnetId":"s-1","VpcId":"v","AvailableIpNumber":"250","AvailbleIPNumber":3}],"NextToken":"n"}`, `{"SubnetSet":[{"subnetId":["x"]},null]}`,
	`{"SecurityGroupSet":[{"SecurityGroupId":"g-1","VpcId":"v","SecurityGroupName":"n"}]}`, `{"SecurityGroupSet":7}`,
	`{"InstanceType":"N3.2B","SpotPrices":[{"SpotPrice":0.0393,"OriginPrice":0.1965,"Timestamp":"2023-09-17 16:00:00"},{"SpotPrice":"1e999999999","Timestamp":0}]}`,
	`{"SpotPrices":[{"SpotPrice":"","Timestamp":"2023-09-17T16:00:00Z"},{"SpotPrice":-1,"Timestamp":9223372036854775807}]}`,
	`{"ImagesSet":[{"ImageId":"IMG-x","Name":"n","ImageState":"active"},{"ImageId":"x"}]}`, `{"ImagesSet":[{}]}`,
	`{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":[{"AzCode":"z"},"y"],"DataDiskQuotaSet":[{"DataDiskType":"SSD3.0","AvailabilityZoneSet":[{"AzCode":"z","IsSellOut":"true"}]}]}]}`,
	`{"InstanceCount":"7.0"}`, `{"InstanceCount":1e400}`, `{"InstanceCount":{"x":1}}`,
}

// DocumentedInstance is the element of InstancesSet that the documentation shows.
const DocumentedInstance = `{
    "InstanceId": "5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11", "InstanceName": "spot-worker",
    "ProjectId": 0, "InstanceType": "N3.2B", "ImageId": "IMG-6f2b8d4e-2c5a-4c1e-9a57-0f7c3f6f2d10",
    "InstanceConfigure": {"VCPU": 2, "GPU": 0, "MemoryGb": 4, "DataDiskGb": 0, "RootDiskGb": 40},
    "SubnetId": "0d6f3a7c-1b2a-4d7e-8a3b-52d0f4a1b6c2", "PrivateIpAddress": "10.7.0.12",
    "InstanceState": {"Name": "active"},
    "NetworkInterfaceSet": [{
      "NetworkInterfaceId": "7f1a2f3e-8b54-4b3e-9f1a-6f0c2d9e4b77", "NetworkInterfaceType": "primary",
      "VpcId": "2c9d5f1b-7c3a-4a2e-b6a0-8e1d4c7f9a35", "SubnetId": "0d6f3a7c-1b2a-4d7e-8a3b-52d0f4a1b6c2",
      "PrivateIpAddress": "10.7.0.12", "MacAddress": "fa:16:3e:10:22:9c",
      "SecurityGroupSet": [{"SecurityGroupId": "3a6d0e2b-5c1f-4e8d-9b7a-1f2c3d4e5a60"}]}],
    "SriovNetSupport": "false", "CreationDate": "2026-03-02T09:14:05Z",
    "AvailabilityZone": "cn-beijing-6a", "AvailabilityZoneName": "cn-beijing-6a",
    "ProductType": 58, "ProductWhat": 1, "ChargeType": "Spot",
    "SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.12345, "SpotRecyclingTime": "",
    "SystemDisk": {"DiskType": "SSD3.0", "DiskSize": 40},
    "DataDisks": [{"DiskId": "c1e0a1d2-6b7c-4e0f-8a9b-3d4c5b6a7f88", "DiskType": "SSD3.0", "DiskSize": 50, "DeleteWithInstance": true}],
    "AutoDeleteTime": "", "FailureAutoDelete": false
  }`
