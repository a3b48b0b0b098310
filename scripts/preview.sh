#!/usr/bin/env bash
# The plan of one stack as Markdown; its exit code is that of `failover plan`.
#   scripts/preview.sh STACK FILE
set -euo pipefail
stack=${1:?STACK, such as dev}
file=${2:?FILE, such as plan-dev.md}
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

status=0
failover plan --stack "$stack" --markdown --output "$file" || status=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$file" ]; then
  cat "$file" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
