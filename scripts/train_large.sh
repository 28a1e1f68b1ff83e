#!/usr/bin/env bash
# Trains what wants a GPU: the members of the ensemble, together; then, from them, `medium`
# (to ship as `default`) and `small`. Measures all on PublicTest. Needs Mien with its extra `train`.
#
#   scripts/train_large.sh DATA [RECIPES] [RESULTS]
#
# DATA is FER2013, RECIPES a folder of recipes (those that ship, unless given). Runs go to runs/,
# where the recipes look for their teachers; what is worth keeping, small enough to carry away, is
# copied to RESULTS. Stopped anywhere, the same command goes on; it ends with "finished".
set -euo pipefail

data=$1
python=${PYTHON:-python3}
mien() { "$python" -c 'from mien.cli import main; main()' "$@"; }
recipes=${2:-$("$python" -c 'from mien.training.recipe import shipped_recipes
print(shipped_recipes()["large"].parent)')}
results=${3:-runs/results}
mkdir -p runs "$results"

train() { # RECIPE SEED
  local folder=runs/$1-$2 resume=()
  [ -f "$folder/model.onnx" ] && return
  [ -f "$folder/checkpoint.pt" ] && resume=(--resume)
  mien train "$recipes/$1.toml" --data "$data" --seed "$2" --out "$folder" --threads "${THREADS:-4}" \
    "${resume[@]}" >>"runs/$1-$2.log" 2>&1
}

together() { # RECIPE:SEED...
  local pids=() job
  for job in "$@"; do
    train "${job%:*}" "${job#*:}" &
    pids+=($!)
  done
  for job in "${pids[@]}"; do wait "$job"; done
}

together large:0 large:1 large-convnext:0 large-separable:0
mien export runs/large-0 runs/large-1 runs/large-convnext-0 runs/large-separable-0 \
  --data "$data" --out runs/ensemble.onnx
together medium-from-large:0 small-from-large:0

for model in runs/*-?/model.onnx runs/ensemble.onnx; do
  name=$(basename "${model/\/model.onnx/}" .onnx)
  mien evaluate "$model" --data "$data" --json "$results/$name.json" | tee "$results/$name.txt"
done
cp runs/medium-from-large-0/model.onnx "$results/default.onnx"
cp runs/small-from-large-0/model.onnx "$results/small.onnx"
tail -n 1 runs/*.log
echo finished
