#!/usr/bin/env bash
# Trains what ships, on two cores: three stages of two seeds beside each other, some four hours in all, each
# training under two. Needs Mien with its extra `train`.
#
#   scripts/train_shipped.sh FER2013 PHOTOS
#
# Both are Parquet files; see scripts/cut_photos.py. Stopped anywhere, the same command goes on. The models are
# left in runs/shipped/, the cut faces in runs/photos-data/.
set -euo pipefail

fer2013=$1 photos=$2
cut=runs/photos-data/photos.parquet
mkdir -p runs/shipped
[ -f "$cut" ] || python "$(dirname "$0")/cut_photos.py" "$photos" "$fer2013" runs/photos-data

train() { # RECIPE SEED FOLDER OPTION...
  local resume=()
  [ -f "$3/model.onnx" ] && return
  [ -f "$3/checkpoint.pt" ] && resume=(--resume)
  # One thread: a history is the same, bit for bit, for the same number of threads.
  mien train "$1" --seed "$2" --out "$3" --threads 1 "${@:4}" "${resume[@]}"
}

both() { # RECIPE OPTION...: two seeds beside each other; FROM names the runs they start from
  local start=()
  for seed in 0 1; do
    [ -n "${FROM:-}" ] && start=(--start "runs/$FROM-$seed")
    train "$1" $seed "runs/$1-$seed" "${@:2}" "${start[@]}" &
  done
  wait -n && wait -n
}

export_as() { # NAME RUN-OR-OPTION...
  mien export "${@:2}" --name "$1" --out "runs/shipped/$1.onnx"
}

both small --data "$fer2013"
export_as fer2013 runs/small-0 runs/small-1 --data "$fer2013"
both together --data runs/photos-data/together.parquet
FROM=together both photos --data "$fer2013" --data "$cut"
sources=(--data "$fer2013" --data "$cut")
members=(runs/photos-0 runs/photos-1 runs/small-0 runs/small-1)
export_as default "${members[@]}" "${sources[@]}"
export_as default-int8 "${members[@]}" "${sources[@]}" --int8
export_as small runs/photos-0 "${sources[@]}"
export_as small-int8 runs/photos-0 "${sources[@]}" --int8
