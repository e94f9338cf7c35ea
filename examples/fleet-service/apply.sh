#!/bin/sh
# What a pipeline runs every five minutes: nothing happens unless something is to be done. A warning that the fleet is not complete
# is no failure; the next run orders what is missing.
set -u
tofu=${TF:-tofu}
"$tofu" plan -no-color -input=false -detailed-exitcode -out=plan
case $? in
0) echo "Nothing to do." ;;
2) exec "$tofu" apply -no-color -input=false plan ;;
*) exit 1 ;;
esac
