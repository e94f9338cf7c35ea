#!/bin/sh
# The size check of a release: every build of the provider below a directory has at most 21 MiB.
# A check that finds no build fails too, because it has looked in the wrong place.
set -eu
builds=$(find "$1" -type f -name 'terraform-provider-kec_v*')
[ -n "$builds" ] || { echo "No build of the provider below $1." >&2; exit 1; }
large=$(find "$1" -type f -name 'terraform-provider-kec_v*' -size +21504k)
[ -z "$large" ] || { echo "Above 21 MiB: $large" >&2; exit 1; }
