#!/usr/bin/env bash
# Fails, with the difference in plain words, when AWS does not match the program.
#   scripts/drift.sh STACK
set -euo pipefail
stack=${1:?STACK, such as dev}
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

status=0
said=$(failover drift --stack "$stack" 2>&1) || status=$?
printf '%s\n' "$said"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  # shellcheck disable=SC2016 # a fence of Markdown, not a command
  printf '```\n%s\n```\n' "$said" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
