# A shard that ended wrote its file. One that was killed has a journal: what it had measured counts.
parts=()
for shard in $(seq @{ shards }@); do
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
