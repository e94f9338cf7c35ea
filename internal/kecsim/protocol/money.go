package protocol

import (
	"errors"
	"strconv"
	"strings"
)

// Money is an amount in units of 0.00001 CNY, the finest the API knows (fact 46).
type Money int64

// Yuan is one CNY.
const Yuan Money = 100000

// The errors of ParseMoney, which follow the value in a message.
var errMoney = errors.New("is not a decimal number")
var errDecimals = errors.New("has more than 5 decimals")

// ParseMoney reads a plain decimal such as "0.0393", without sign or exponent.
func ParseMoney(s string) (Money, error) {
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" || len(whole) > 9 || !digits(whole) || dot && (frac == "" || len(frac) > 30 || !digits(frac)) {
		return 0, errMoney
	}
	// Zeros at the end do not count as decimals: 0.50 has one.
	frac = strings.TrimRight(frac, "0")
	if len(frac) > 5 {
		return 0, errDecimals
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", 5-len(frac)), 10, 64)
	if err != nil {
		return 0, errMoney
	}
	return Money(n), nil
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
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	s := sign + strconv.FormatInt(int64(m/Yuan), 10)
	if frac := m % Yuan; frac != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(int64(Yuan+frac), 10)[1:], "0")
	}
	return s
}

// MarshalJSON writes a JSON number, never through a binary float.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }
