package conform

import "slices"

// reasons are the facts that no check asks, by why not.
var reasons = []struct {
	why   string
	facts []int
}{
	{"it is about hosts, and a run has one endpoint", about(2)},
	{"only other keys can tell: temporary ones, or ones that lack a permission", about(26, 35, 36, 233)},
	{"nothing uses it: the client signs by version 4 only", about(28)},
	{"nobody sees it who asks for JSON, as the client does", about(309, 310, 314)},
	{"it needs a launch template, and a run makes nothing that stays", about(308)},
	{"it is about failures and throttling, which no polite request brings about", about(37, 185, 250, 251, 252, 253, 255, 256, 257, 258, 315)},
	{"it is about launches that fail after they were accepted, which nobody can order", about(120, 191, 202, 281, 283)},
	{"no answer names the order of a launch, so that no order of ours can be asked for", about(110, 111, 112, 113, 114, 115, 199, 200, 231, 280, 282)},
	{"it takes more than an hour or a market that moves, and a run lasts minutes", about(132, 133, 134, 195)},
	{"it needs money or an account that are not there to be asked about: a balance, a quota, an EIP", about(137, 193, 194, 219, 238)},
	{"it needs a key pair, a role or a data guard group, which the client cannot find", about(157, 159, 171, 227, 248)},
	{"it is a remark of a document about what is sold, which changes", about(138, 158)},
	{"chance decides, and one look proves nothing: views that lag, and what is held for a while", about(234, 237)},
	{"it needs a second project", about(274)},
	{"the world of the simulator is made so, and KEC's is not", about(198, 207, 208, 232, 299, 312)},
	{"it is how the provider reads or decides, and no answer shows it", about(
		212, 213, 215, 216, 218, 240, 241, 245, 246, 247, 260, 261, 262, 284, 295, 296, 298)},
}

// reason is why no check asks about a fact, "" for none.
func reason(fact int) string {
	for _, r := range reasons {
		if slices.Contains(r.facts, fact) {
			return r.why
		}
	}
	return ""
}

// Unasked lists the facts that no check asks, with the reason, a line for each reason.
func Unasked() string {
	var out string
	for _, r := range reasons {
		out += numbers(r.facts) + ": " + r.why + "\n"
	}
	return out
}
