#!/bin/bash
# Merges what the shards of @{ name }@-shards.sh measured, and prints the summary.
#
#   sbatch --dependency=afterany:NUMBER @{ name }@-merge.sh
#
#SBATCH --job-name=@{ name }@-merge
#SBATCH --nodes=1
#SBATCH --time=30
#SBATCH --output=@{ name }@-merge.log
set -u
folder="$PWD/@{ name }@-shards"
@{ merge }@
code="$?"
cat "$folder"/merged/*/summary.md
exit "$code"
