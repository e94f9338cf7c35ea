#!/bin/sh
# Builds all archives of a release twice, from clones of HEAD in two folders, with two homes and empty build caches, and compares
# their checksums: reproducible.sh GORELEASER. Started by root, the second build belongs to another user. It takes a quarter of an
# hour on two cores.
set -eu
goreleaser=$1
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

# What both users need stands where both can read it.
modules=$work/modules
go mod download
GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)" GOMODCACHE=$modules GOFLAGS=-modcacherw go mod download
cp "$goreleaser" "$work/goreleaser"
chmod 755 "$work" "$work/goreleaser"
chmod -R a+rX "$modules"

# build FOLDER [USER] makes the archives in a clone of its own.
build() {
	folder=$work/$1
	mkdir -p "$folder/home"
	git clone -q . "$folder/clone"
	set -- "${2:-}" env HOME="$folder/home" GOCACHE="$folder/cache" GOMODCACHE="$modules" GOFLAGS=-modcacherw \
		"$work/goreleaser" release --snapshot --clean --skip=sign,publish,sbom
	user=$1
	shift
	if [ -n "$user" ]; then
		chown -R "$user" "$folder"
		set -- setpriv --reuid="$user" --clear-groups -- "$@"
	fi
	(cd "$folder/clone" && "$@" >"$folder/log" 2>&1) || { cat "$folder/log"; return 1; }
	cat "$folder"/clone/dist/*_SHA256SUMS >"$folder/sums"
}

build one
other=
[ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null || other=$(id -u nobody)
build another-folder "$other"
diff "$work/one/sums" "$work/another-folder/sums" || { echo 'The two builds differ.' >&2; exit 1; }
echo "Two builds of $(wc -l <"$work/one/sums") files have the same checksums."
