#!/bin/sh
# Chooses the OpenTofu or Terraform binary that the tests and the demo drive.
#
#   cli.sh path MIN [NAME...]     print its absolute path
#   cli.sh ensure MIN [NAME...]   the same choice; build it if it is the repository's own and missing
#
# The choice is $CLI if that is set (it must then be good), else the first NAME on PATH (default: tofu, terraform) whose
# version is at least MIN, else bin/tofu of this repository, which `ensure` builds from the module in internal/tools/opentofu.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
own=$root/bin/tofu
module=$root/internal/tools/opentofu
package=github.com/opentofu/opentofu

say() { printf '%s\n' "$*" >&2; }
die() { say "cli.sh: $*"; exit 1; }

# version_of FILE prints the version FILE reports, such as 1.12.6 or 1.13.0-dev, or nothing. The CLI may put warnings around
# that line; naming an existing configuration file avoids the usual one.
version_of() {
	CHECKPOINT_DISABLE=1 TF_CLI_CONFIG_FILE=/dev/null TF_LOG='' TF_CLI_ARGS='' TF_CLI_ARGS_version='' \
		"$1" version 2>/dev/null </dev/null |
		while read -r product version _; do
			case $product:$version in
			OpenTofu:v[0-9]*.[0-9]*.[0-9]* | Terraform:v[0-9]*.[0-9]*.[0-9]*) printf '%s\n' "${version#v}" ;;
			esac
		done || :
}

# at_least VERSION MIN compares major.minor.patch; a pre-release of MIN itself is not enough.
at_least() (
	version=${1%%+*}
	IFS=.
	# shellcheck disable=SC2086 # split at the dots on purpose
	set -- ${version%%-*} $2
	[ $# -eq 6 ] || exit 1
	[ "$1" -eq "$4" ] || { [ "$1" -gt "$4" ] && exit 0 || exit 1; }
	[ "$2" -eq "$5" ] || { [ "$2" -gt "$5" ] && exit 0 || exit 1; }
	[ "$3" -eq "$6" ] || { [ "$3" -gt "$6" ] && exit 0 || exit 1; }
	case $version in *-*) exit 1 ;; esac
) 2>/dev/null

# absolute NAME prints the absolute path of an executable file given by path or by its name on PATH.
absolute() {
	file=$(command -v "$1") && [ -f "$file" ] && [ -x "$file" ] || return 1
	dir=$(cd "$(dirname "$file")" && pwd) || return 1
	printf '%s/%s\n' "${dir%/}" "${file##*/}"
}

# choose MIN [NAME...] prints the path this script is about.
choose() {
	min=$1
	shift
	if [ -n "${CLI:-}" ]; then
		file=$(absolute "$CLI") || die "CLI=$CLI is not an executable file"
		version=$(version_of "$file")
		[ -n "$version" ] || die "CLI=$CLI does not answer '$CLI version' like OpenTofu or Terraform"
		at_least "$version" "$min" || die "CLI=$CLI is version $version; $min or newer is needed"
		printf '%s\n' "$file"
		return
	fi
	for name; do
		if file=$(absolute "$name") && at_least "$(version_of "$file")" "$min"; then
			printf '%s\n' "$file"
			return
		fi
	done
	printf '%s\n' "$own"
}

# wanted prints the version that the tool module builds.
wanted() {
	while read -r name version _; do
		if [ "$name" = "$package" ]; then
			printf '%s\n' "${version#v}"
			return
		fi
	done <"$module/go.mod"
	die "$module/go.mod requires no $package"
}

# build puts the CLI at $own. The file appears there whole or not at all, and nothing keeps running if it is interrupted.
build() {
	version=$1
	say "Building OpenTofu $version into bin/tofu. This happens once and takes about three minutes on two cores;"
	say "CLI=/path/to/tofu (or terraform) uses an installed one instead."
	mkdir -p "$root/bin"
	new=$own.$$
	log=$new.log
	builder='' heart=''
	trap 'stop' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP

	go build -C "$module" -v -ldflags "-s -w -X $package/version.dev=no" -o "$new" "$package/cmd/tofu" >"$log" 2>&1 &
	builder=$!
	heartbeat &
	heart=$!
	if ! wait "$builder"; then
		builder=''
		tail -n 20 "$log" >&2
		die "building OpenTofu failed (its last lines are above)"
	fi
	builder=''
	[ "$(version_of "$new")" = "$version" ] || die "the new bin/tofu does not report version $version"
	mv -f "$new" "$own"
	say "OpenTofu $version is ready."
}

# heartbeat says every 15 seconds that the build goes on, with the line the go command printed last.
heartbeat() {
	nap=''
	trap '[ -z "$nap" ] || kill "$nap" 2>/dev/null; exit 0' TERM
	seconds=0
	while :; do
		sleep 15 &
		nap=$!
		wait "$nap"
		seconds=$((seconds + 15))
		say "  ${seconds} s  $(tail -n 1 "$log" 2>/dev/null)"
	done
}

# stop ends what build started and removes what it left behind. The go command cleans up after an interrupt.
stop() {
	[ -z "$builder" ] || kill -INT "$builder" 2>/dev/null || :
	[ -z "$heart" ] || kill "$heart" 2>/dev/null || :
	wait
	rm -f "$new" "$log"
}

[ $# -ge 2 ] || die "usage: cli.sh path|ensure MIN [NAME...]"
command=$1 floor=$2
shift 2
[ $# -gt 0 ] || set -- tofu terraform
at_least "$floor" 0.0.0 || die "the floor $floor is not MAJOR.MINOR.PATCH"

case $command in
path)
	choose "$floor" "$@"
	;;
ensure)
	cli=$(choose "$floor" "$@")
	version=$(wanted)
	if [ "$cli" = "$own" ] && [ "$(version_of "$own")" != "$version" ]; then
		build "$version"
	fi
	;;
*)
	die "unknown command $command"
	;;
esac
