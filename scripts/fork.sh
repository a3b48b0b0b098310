#!/usr/bin/env bash
# What a pull request from a fork gets, which has no AWS credentials: lint, types, and the tests
# that need no engine and no AWS.
set -euo pipefail
cd "$(dirname "$0")/.."

say="This pull request comes from a fork and gets no AWS credentials: only the pure tests and the program under mocks ran, and there is no plan."
echo "$say"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  printf '%s\n' "$say" >>"$GITHUB_STEP_SUMMARY"
fi
make check
make mock-test
