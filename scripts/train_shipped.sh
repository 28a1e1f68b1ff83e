#!/usr/bin/env bash
# Trains what ships, on two cores: `default` and `small` beside each other, some two and a half
# hours. What ships as `default` is both runs, answering as one. Needs Mien with its extra `train`.
#
#   scripts/train_shipped.sh DATA
#
# DATA is FER2013. Stopped anywhere, the same command goes on. The models are left in runs/shipped/.
set -euo pipefail

data=$1
mkdir -p runs/shipped

train() { # RECIPE
  local resume=()
  [ -f "runs/$1/model.onnx" ] && return
  [ -f "runs/$1/checkpoint.pt" ] && resume=(--resume)
  # One thread: a history is the same, bit for bit, for the same number of threads.
  mien train "$1" --data "$data" --seed 0 --out "runs/$1" --threads 1 "${resume[@]}"
}

export_as() { # NAME RUN-OR-OPTION...
  mien export "${@:2}" --data "$data" --name "$1" --out "runs/shipped/$1.onnx"
}

train default &
train small
wait $!
export_as default runs/default runs/small --no-flip
export_as default-int8 runs/default runs/small --no-flip --int8
export_as small runs/small
export_as small-int8 runs/small --int8
