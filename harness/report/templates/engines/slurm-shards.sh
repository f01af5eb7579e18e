#!/bin/bash
# Measures one of @{ shards }@ shards: its share of the iterations.
# Made by `@{ made_by }@` of lukewarm @{ version }@.
# Submitted in a folder that all nodes share, outside of the workspace: it gets logs and results.
#
#   sbatch @{ name }@-shards.sh              all shards; it prints the NUMBER of their job
#   sbatch --dependency=afterany:NUMBER @{ name }@-merge.sh      after them, however they ended
#   sbatch --array=3 @{ name }@-shards.sh    shard 3 once more
#
#SBATCH --job-name=@{ name }@
#SBATCH --array=1-@{ shards }@
#SBATCH --nodes=1
#SBATCH --exclusive
#SBATCH --time=@{ minutes }@
#SBATCH --output=@{ name }@-shard-%a.log
#SBATCH --open-mode=append
# A shard whose node dies is run again elsewhere.
#SBATCH --requeue
# Time to write what was measured before the queue kills it. Only the shell gets the signal: `exec`.
#SBATCH --signal=B:TERM@120
set -u
folder="$PWD/@{ name }@-shards"
shard="$SLURM_ARRAY_TASK_ID"
mkdir -p "$folder"
exec lukewarm run --shard "$shard/@{ shards }@" \
  --shard-file "$folder/shard-$shard.lukewarm.tar.zst" \
  --out "$folder/results/shard-$shard"@{ words }@
