#!/usr/bin/env bash
# Trains the model `photos`: two seeds of the recipe `photos`, beside each other on two cores, in some 80
# minutes, as one ensemble. Needs Mien with its extra `train`.
#
#   scripts/train_photos.sh PHOTOS FER2013
#
# PHOTOS and FER2013 are Parquet files; see scripts/cut_photos.py. The same command resumes. The cut faces
# are left in runs/photos-data/, the model in runs/shipped/.
set -euo pipefail

data=runs/photos-data/together.parquet
mkdir -p runs/shipped
[ -f "$data" ] || python "$(dirname "$0")/cut_photos.py" "$1" "$2" runs/photos-data

train() { # SEED FOLDER
  local resume=()
  [ -f "$2/model.onnx" ] && return
  [ -f "$2/checkpoint.pt" ] && resume=(--resume)
  # One thread: a history is the same, bit for bit, for the same number of threads.
  mien train photos --data "$data" --seed "$1" --out "$2" --threads 1 "${resume[@]}"
}

train 1 runs/photos-1 &
train 0 runs/photos
wait $!
mien export runs/photos runs/photos-1 --data "$data" --name photos --out runs/shipped/photos.onnx
