#!/bin/sh
# Runs one fuzz target for a while: fuzz.sh PACKAGE TARGET TIME FOLDER. FOLDER keeps what it finds interesting, and its log.
#
# Go may end a target with nothing but "context deadline exceeded" when TIME is over (golang/go#75804, mended in Go 1.27). No
# input has failed then, and the target passes.
set -eu

package=$1 target=$2 time=$3 folder=$4
mkdir -p "$folder"
log=$folder/$target.log
{
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$package" -args -test.fuzzcachedir="$folder" ||
		echo "exit status of $target: $?"
} 2>&1 | tee "$log"

grep -q "^exit status of $target: " "$log" || exit 0
# The lines of Go's own ending: the target, the deadline, and no word of an input, a panic or a compiler.
[ "$(sed -n '/^--- FAIL: /,$p' "$log" | sed -n '2,3p')" = '    context deadline exceeded
FAIL' ] || exit 1
echo "$target: the time was over, and no input has failed."
