#!/usr/bin/env bash
# The second step of the action: measures, prints the result in GitHub's formats, and sets the exit
# code of the step. Its inputs are environment variables.
set -uo pipefail

words=(compare --against "$AGAINST" --workspace "$WORKSPACE" --story "$STORY" --budget "$BUDGET")
for name in $SCENARIO; do
    words+=(--scenario "$name")
done
if [ -n "$THRESHOLDS" ]; then
    words+=(--thresholds "$THRESHOLDS")
fi
words+=(--out "${RUNNER_TEMP:?}/lukewarm" --format github --format "markdown=${GITHUB_STEP_SUMMARY:?}")

"${LUKEWARM:-$GITHUB_ACTION_PATH/../../target/release/lukewarm}" "${words[@]}"
code=$?
echo "exit-code=$code" >>"${GITHUB_OUTPUT:?}"
if [ "$code" = 2 ] && [ "$INCONCLUSIVE" = pass ]; then
    exit 0
fi
exit "$code"
