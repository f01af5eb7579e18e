# Measures one shard. Kubernetes numbers the pods from 0, in JOB_COMPLETION_INDEX.
set -u
folder=/shared/@{ name }@
shard="$((JOB_COMPLETION_INDEX + 1))"
mkdir -p "$folder/ended" "$HOME"
rm -f "$folder/ended/$shard"
timeout --foreground --preserve-status --signal=TERM --kill-after=10m @{ minutes }@m \
  lukewarm run --shard "$shard/$LUKEWARM_SHARDS" \
  --shard-file "$folder/shard-$shard.lukewarm.tar.zst" \
  --out "$folder/results/shard-$shard" \
  --scratch /scratch/builds@{ words }@ &
child="$!"
# An evicted pod writes what it has measured. Another takes its place: the shard has not ended.
evicted=no
trap 'evicted=yes; kill -TERM "$child"' TERM
# A signal ends `wait` too.
until wait "$child"; code="$?"; ! kill -0 "$child" 2>/dev/null; do :; done
if [ "$evicted" = yes ]; then
  exit 143
fi
touch "$folder/ended/$shard"
exit "$code"
