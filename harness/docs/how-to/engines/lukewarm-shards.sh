#!/bin/bash
# Measures one of 4 shards: its share of the iterations.
# Made by `lukewarm ci slurm --shards 4 none sccache-local --workspace ../project -n 20 -- cargo test` of lukewarm 0.1.0.
# Submitted in a folder that all nodes share, outside of the workspace: it gets logs and results.
#
#   sbatch lukewarm-shards.sh              all shards; it prints the NUMBER of their job
#   sbatch --dependency=afterany:NUMBER lukewarm-merge.sh      after them, however they ended
#   sbatch --array=3 lukewarm-shards.sh    shard 3 once more
#
#SBATCH --job-name=lukewarm
#SBATCH --array=1-4
#SBATCH --nodes=1
#SBATCH --exclusive
#SBATCH --time=300
#SBATCH --output=lukewarm-shard-%a.log
#SBATCH --open-mode=append
# A shard whose node dies is run again elsewhere.
#SBATCH --requeue
# Time to write what was measured before the queue kills it. Only the shell gets the signal: `exec`.
#SBATCH --signal=B:TERM@120
set -u
folder="$PWD/lukewarm-shards"
shard="$SLURM_ARRAY_TASK_ID"
mkdir -p "$folder"
exec lukewarm run --shard "$shard/4" \
  --shard-file "$folder/shard-$shard.lukewarm.tar.zst" \
  --out "$folder/results/shard-$shard" \
  none sccache-local --workspace ../project -n 20 -- cargo test
