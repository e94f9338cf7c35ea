// Package rehearsal holds the scenarios of this folder, for the simulator: whoever has installed it
// alone plays them by their names.
package rehearsal

import "embed"

// Suffix ends the name of the file of each scenario.
const Suffix = ".kecsim.hcl"

// Files are the scenarios.
//
//go:embed *.kecsim.hcl
var Files embed.FS
