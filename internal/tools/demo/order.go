package main

import (
	"fmt"
	"strings"
	"time"
)

// order is an order as the control path shows it.
type order struct {
	ID         string    `json:"id"`
	CreateTime time.Time `json:"createTime"`
	Status     int       `json:"status"`
	SubOrders  []struct {
		Items []struct{ Key, Value string } `json:"items"`
	} `json:"subOrders"`
}

// The states of an order that the demo meets.
const (
	orderPaid      = 1
	orderAllFailed = 21
)

func (o order) state() string {
	switch o.Status {
	case orderPaid:
		return "paid"
	case orderAllFailed:
		return "failed to open"
	}
	return fmt.Sprintf("status %d", o.Status)
}

// content is what was ordered: the values of the items, such as type and zone.
func (o order) content() string {
	var values []string
	for _, sub := range o.SubOrders {
		for _, item := range sub.Items {
			if item.Key == "instance_type" || item.Key == "available_zone" {
				values = append(values, item.Value)
			}
		}
	}
	return strings.Join(values, ", ")
}
