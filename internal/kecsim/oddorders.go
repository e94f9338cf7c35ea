package kecsim

import "strconv"

// The ways in which Settings.OddOrders may have orders written.
//
// assumed: all of them (fact 280).
const (
	// OrderParts gives an order sub-orders of data disks and addresses, beside those of instances.
	OrderParts = "sub-orders of disks and addresses"
	// OrderIDs has instanceId stand on a sub-order from the first on, and stay where opening failed.
	OrderIDs = "instanceId from the first on"
	// OrderChinese writes the keys of items in Chinese.
	OrderChinese = "keys in Chinese"
)

// OddOrders lists the names that Settings.OddOrders takes.
func OddOrders() []string { return []string{OrderParts, OrderIDs, OrderChinese} }

// The product numbers of what is ordered beside instances (fact 280: invented).
const (
	groupEIP  = 101
	groupDisk = 103
)

// chineseKeys are the keys of items in the console's language.
var chineseKeys = map[string]string{
	"instance_type": "实例类型", "available_zone": "可用区", "image_id": "镜像", "system_disk": "系统盘", "line": "线路", "band_width": "带宽",
	"disk_type": "云盘类型", "disk_size": "云盘容量",
}

// items are the details of a sub-order.
func (w *world) items(all ...Item) []Item {
	if w.oddOrder(OrderChinese) {
		for i := range all {
			all[i].Key = chineseKeys[all[i].Key]
		}
	}
	return all
}

func (w *world) oddOrder(name string) bool {
	for _, set := range w.settings.OddOrders {
		if set == name {
			return true
		}
	}
	return false
}

// bookParts adds sub-orders for the address and the data disks of an instance. They open and fail
// with it.
func (w *world) bookParts(o *Order, in *instance) {
	if !w.oddOrder(OrderParts) {
		return
	}
	add := func(id string, sub SubOrder) {
		sub.ID, sub.Status, sub.Num, sub.Price = o.ID+"-"+strconv.Itoa(len(o.SubOrders)+1), subCreating, 1, "0"
		sub.BillType, sub.ProjectID = in.record.billType, in.ProjectID
		in.parts = append(in.parts, part{len(o.SubOrders), id})
		if w.oddOrder(OrderIDs) {
			sub.InstanceID = id
		}
		o.SubOrders = append(o.SubOrders, sub)
	}
	if in.EIPID != "" {
		add(in.EIPID, SubOrder{
			ProductGroup: groupEIP, ProductGroupName: "EIP", ProductType: groupEIP, ProductTypeName: "EIP",
			Items: w.items(Item{"line", "BGP"}, Item{"band_width", "1"}),
		})
	}
	for _, d := range in.DataDisks {
		add(d.ID, SubOrder{
			ProductGroup: groupDisk, ProductGroupName: "EBS", ProductType: groupDisk, ProductTypeName: d.Type,
			Items: w.items(Item{"disk_type", d.Type}, Item{"disk_size", strconv.Itoa(d.SizeGB)}, Item{"available_zone", in.Zone}),
		})
	}
}

// part is a sub-order that belongs to an instance, and is of something else.
type part struct {
	sub int    // its index in the order
	id  string // of what it becomes
}
