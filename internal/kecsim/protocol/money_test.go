package protocol

import "testing"

func TestMoney_isExact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0.0393": "0.0393", "0.50": "0.5", "100": "100", "0.00001": "0.00001", "0.100000": "0.1", "007": "7"} {
		got, err := ParseMoney(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		same(t, in, got.String(), want)
	}
	for _, in := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "0x1", "1,5", " 1", "0.000001", "9999999999", "NaN"} {
		if got, err := ParseMoney(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		}
	}
}
