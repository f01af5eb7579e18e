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
summaries=("$folder"/merged/*/summary.md)
cat "${summaries[-1]}"
exit "$code"
