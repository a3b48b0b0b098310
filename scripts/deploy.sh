#!/usr/bin/env bash
# Roll the merged program out to one stack.
#   scripts/deploy.sh STACK BEFORE
# BEFORE is what the branch was at before the merge. It stops, and moves nothing, when the merged
# weights are not the live ones and the merge did not change them, and when the plan is refused.
set -euo pipefail
stack=${1:?STACK, such as dev}
before=${2:?BEFORE, a commit}
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

failover deploy-check --stack "$stack" --before "$before"
plan=$(mktemp)
trap 'rm -f "$plan"' EXIT
status=0
scripts/preview.sh "$stack" "$plan" || status=$?
cat "$plan"
[ "$status" -eq 0 ] || exit "$status"
if grep -q '^### Plan for .*: no change$' "$plan"; then
  # A ramp pushes a commit a stage: an update of nothing would hold the stack's lock in its way.
  echo "nothing to deploy"
  exit 0
fi

options=()
if [ -f policy/PulumiPolicy.yaml ]; then
  options+=(--policy-pack policy)
  if [ -f "policy/$stack.json" ]; then
    options+=(--policy-pack-config "policy/$stack.json")
  fi
fi
commit=$(git rev-parse --short HEAD)
pulumi up --yes --skip-preview --non-interactive --suppress-outputs \
  --stack "$stack" --message "deploy $commit" ${options[@]+"${options[@]}"}
