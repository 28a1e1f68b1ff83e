#!/usr/bin/env bash
# Trains what ships, on two cores: two seeds of `small` beside each other, some 75 minutes. What
# ships as `default` is both runs, answering as one. Needs Mien with its extra `train`.
#
#   scripts/train_shipped.sh DATA
#
# DATA is FER2013. Stopped anywhere, the same command goes on. The models are left in runs/shipped/.
set -euo pipefail

data=$1
mkdir -p runs/shipped

train() { # SEED FOLDER
  local resume=()
  [ -f "$2/model.onnx" ] && return
  [ -f "$2/checkpoint.pt" ] && resume=(--resume)
  # One thread: a history is the same, bit for bit, for the same number of threads.
  mien train small --data "$data" --seed "$1" --out "$2" --threads 1 "${resume[@]}"
}

export_as() { # NAME RUN-OR-OPTION...
  mien export "${@:2}" --data "$data" --name "$1" --out "runs/shipped/$1.onnx"
}

train 1 runs/small-1 &
train 0 runs/small
wait $!
export_as default runs/small runs/small-1
export_as default-int8 runs/small runs/small-1 --int8
export_as small runs/small
export_as small-int8 runs/small --int8
