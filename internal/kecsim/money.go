package kecsim

import (
	"errors"
	"strconv"
	"strings"
)

// money is an amount in units of 0.00001 CNY, the finest the API knows (fact 46).
type money int64

const yuan money = 100000

var errMoney = errors.New("is not a decimal number")
var errDecimals = errors.New("has more than 5 decimals")

// parseMoney reads a plain decimal such as "0.0393", without sign or exponent.
func parseMoney(s string) (money, error) {
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" || len(whole) > 9 || !digits(whole) || dot && (frac == "" || len(frac) > 30 || !digits(frac)) {
		return 0, errMoney
	}
	// 0.50 has one decimal that counts: zeros at the end say nothing.
	frac = strings.TrimRight(frac, "0")
	if len(frac) > 5 {
		return 0, errDecimals
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", 5-len(frac)), 10, 64)
	if err != nil {
		return 0, errMoney
	}
	return money(n), nil
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String is the shortest decimal, such as "0.0393" or "100".
func (m money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := sign + strconv.FormatInt(int64(m/yuan), 10)
	if frac := m % yuan; frac != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(int64(yuan+frac), 10)[1:], "0")
	}
	return s
}

// MarshalJSON writes a JSON number, never through a binary float.
func (m money) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }
