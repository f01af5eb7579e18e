#!/bin/bash
# Merges what the shards of lukewarm-shards.sh measured, and prints the summary.
#
#   sbatch --dependency=afterany:NUMBER lukewarm-merge.sh
#
#SBATCH --job-name=lukewarm-merge
#SBATCH --nodes=1
#SBATCH --time=30
#SBATCH --output=lukewarm-merge.log
set -u
folder="$PWD/lukewarm-shards"
# A shard that ended wrote its file. One that was killed has a journal: what it had measured counts.
parts=()
for shard in $(seq 4); do
  file="$folder/shard-$shard.lukewarm.tar.zst"
  journals=("$folder/results/shard-$shard"/*/journal.jsonl)
  if [ -e "$file" ]; then
    parts+=("$file")
  elif [ -e "${journals[-1]}" ]; then
    parts+=("$(dirname "${journals[-1]}")")
  else
    echo "nothing came back of shard $shard" >&2
  fi
done
lukewarm merge "${parts[@]}" --out "$folder/merged"
code="$?"
summaries=("$folder"/merged/*/summary.md)
cat "${summaries[-1]}"
exit "$code"
