package failure

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// thing is what a launch orders or uses beside the machine itself. KEC may be short of it, or keep
// it from the user, and would still open the same machine without it.
type thing struct {
	names string       // in a sentence, in the plural
	param string       // the parameter of RunInstances that asks for it
	words []string     // how KEC speaks of it, in the form of spaced; " & " joins fragments
	quota string       // what to do where its quota is used up
	stock market.Words // how it reads where it is sold out
}

// things are tried in this order: what is more telling stands first. No word of theirs is known
// (fact 240: words are assumed).
var things = []thing{
	{
		names: "EIPs", param: "LineId",
		words: []string{
			" eip", " elastic ip", " public ip", " public address", " bandwidth", " band width", " line id", " address charge", " address purchase",
			" address project", " address & quota", " address & exceed", " address & limit", " addresses & quota", " addresses & exceed",
			" addresses & limit", "弹性 ip", "弹性公网", "公网", "带宽",
		},
		quota: "Release addresses in the console, order fewer instances with an address or less bandwidth, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Choose another line or less bandwidth, order without an address, or try again later."},
	},
	{
		names: "system disks", param: "SystemDisk", words: []string{" system disk", " systemdisk", "系统盘"},
		quota: "Release disks in the console, choose a smaller {SystemDisk.DiskSize}, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Choose another {SystemDisk.DiskType}, or a {SubnetId} in another zone, or try again later."},
	},
	{
		names: "data disks", param: "DataDisk",
		words: []string{" disk", " datadisk", " volume", " ebs", " snapshot", "数据盘", "云盘", "云硬盘", "硬盘", "磁盘", "快照"},
		quota: "Release disks in the console, order fewer or smaller ones, or ask KEC to raise the quota.",
		stock: market.SoldOutDisk(),
	},
	{
		names: "security groups", param: "SecurityGroupId", words: []string{" security group", " securitygroup", "安全组"},
		quota: "Choose other {SecurityGroupId}, take instances out of these, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Choose other {SecurityGroupId}, or try again later."},
	},
	{
		names: "network interfaces", param: "NetworkInterface", words: []string{" network interface", "网卡"},
		quota: "Release interfaces in the console, order fewer, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Order fewer interfaces, or try again later."},
	},
	{names: "images", param: "ImageId", words: []string{" image", "镜像"}}, // whatever is wrong is ImageUnusable
	{
		names: "key pairs", param: "KeyId", words: []string{" key pair", " key id", " ssh key", "密钥对"},
		quota: "Choose other {KeyId}, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Choose other {KeyId}, or try again later."},
	},
	{
		names: "projects", param: "ProjectId", words: []string{" project", "项目"},
		quota: "Choose another {ProjectId}, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Choose another {ProjectId}, or try again later."},
	},
	{
		names: "tags", param: "Tag", words: []string{" tag", "标签"},
		quota: "Order with fewer tags, delete some in the console, or ask KEC to raise the quota.",
		stock: market.Words{Remedy: "Order with fewer tags, or try again later."},
	},
}

// machine are the words of a text that is about the machine itself, or its subnet, whatever else
// stands in it.
var machine = []string{
	" instance type", " instance quota", " subnet", " private ip", "机型", "规格", "实例配额", "子网", "内网",
}

// shortages are the words by which a thing is short, or kept from the user.
var shortages = []struct {
	code  Code
	words []string
}{
	{PermissionDenied, []string{"permission", "not authorized", "unauthorized", "denied", "forbidden", "not shared", "权限", "未授权", "未共享"}},
	{ExcessiveNumber, []string{"quota", "excessive number", "too many", "配额", "限额"}},
	{OutOfStock, []string{
		"sellout", "sell out", "sold out", "stock", "inventory", "insufficient", "not enough", "used up", "exhausted", "no available", "no free", "售罄",
		"库存", "不足", "紧张", "用完", "耗尽",
	}},
	{InvalidParameter, []string{"exceed", "limit", "超过", "超出", "上限", "限制"}},
}

// policy are the words of a permission that the keys lack for an action.
var policy = []string{"policy", " action", "策略"}

// spaced is a text in lower case with one space before each word, and without punctuation. A
// capital letter inside a name, and a change from one script to the other, begin a word:
// "EipQuotaExceeded: DataDisk.1" is " eip quota exceeded data disk 1".
func spaced(text string) string {
	ascii := func(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	var b strings.Builder
	all := []rune(text)
	for i, r := range all {
		switch {
		case r < unicode.MaxASCII && !ascii(r):
			r = ' '
		case i == 0 || ascii(r) != ascii(all[i-1]), unicode.IsUpper(r) && unicode.IsLower(all[i-1]),
			unicode.IsUpper(r) && i+1 < len(all) && unicode.IsUpper(all[i-1]) && unicode.IsLower(all[i+1]):
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return " " + strings.Join(strings.Fields(b.String()), " ")
}

// thingIn is the thing that a text is about. It is nil for a text about the machine itself, or
// about nothing that is known.
func thingIn(text string) *thing {
	text = spaced(text)
	is := func(w string) bool { return says(text, w) }
	if slices.ContainsFunc(machine, is) {
		return nil
	}
	i := slices.IndexFunc(things, func(t thing) bool { return slices.ContainsFunc(t.words, is) })
	if i < 0 {
		return nil
	}
	return &things[i]
}

// sharpen turns a shortage of machines into one of the thing that KEC's words are about, and a
// permission that the keys lack into one for that thing: KEC has the same words for both. Exact is
// true where KEC's code has decided on the cause, and param is the parameter that the words name.
func (f *Failure) sharpen(text, param string, exact bool) {
	t := thingIn(text)
	if nested(param) { // it is about this one, whatever else stands there
		t = thingIn(param)
	}
	if t == nil || !f.general(exact) {
		return
	}
	code, short := f.Code, false
	for _, s := range shortages {
		if short = slices.ContainsFunc(s.words, func(w string) bool { return says(spaced(text), w) }); short {
			code = s.code
			break
		}
	}
	switch denied := slices.ContainsFunc(policy, func(w string) bool { return says(spaced(text), w) }); {
	case f.Code == PermissionDenied && (!short || code != PermissionDenied || denied):
		return // of the keys
	case !short && !exact:
		return
	}
	t.blame(f, code)
	if param != "" && thingIn(param) == t {
		f.Param, f.whole = param, false
	}
}

// general tells whether the cause may be one of a thing as well as one of the machine.
func (f *Failure) general(exact bool) bool {
	switch f.Code {
	case OutOfStock, ExcessiveNumber, PermissionDenied:
		return true
	case SubnetFull, InvalidParameter, ImageUnusable, Unknown, LaunchFailed:
		return !exact
	default:
		return false
	}
}

// blame says that the thing is what is short.
func (t *thing) blame(f *Failure, code Code) {
	if t.param == "ImageId" { // a cause of its own, which today's look-ups may show
		f.Cause = CauseOf(ImageUnusable)
		return
	}
	f.Cause, f.thing = CauseOf(code), t
	f.Param, f.whole = t.param, true
	switch code {
	case ExcessiveNumber:
		f.Summary, f.Remedy = fmt.Sprintf("A quota of %s is used up", t.names), t.quota
	case OutOfStock:
		f.Summary = fmt.Sprintf("Out of stock: %s", t.names)
		f.say(t.stock)
	case PermissionDenied:
		f.Summary = fmt.Sprintf("No permission for the %s", t.names)
		f.Remedy = fmt.Sprintf("Choose other %s, or give the user behind the keys permission for these.", t.names)
	}
	f.brief = f.Summary

}
