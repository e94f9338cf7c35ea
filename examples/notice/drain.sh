#!/bin/sh
# Inside the machine: drain NOTICE. The file NOTICE holds the time at which KEC releases the machine. Whatever runs on it ends well
# before that, because nothing of it is left afterwards.
set -eu
until=$(cat "$1")
logger -t drain "KEC releases this machine at $until: draining"
systemctl stop worker.service # which takes no new work, ends what it has, and only then returns
sync
logger -t drain "drained"
