# Waits until every shard has ended, however it did, at most the time of all one after another.
set -u
folder=/shared/@{ name }@
until [ "$(find "$folder/ended" -type f 2>/dev/null | wc -l)" -ge @{ shards }@ ] ||
  [ "$SECONDS" -ge @{ wait_seconds }@ ]; do
  sleep 5
done
@{ merge }@
code="$?"
summaries=("$folder"/merged/*/summary.md)
cat "${summaries[-1]}"
exit "$code"
