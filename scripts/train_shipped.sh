#!/usr/bin/env bash
# Trains what ships, on two cores: `default` and `small` beside each other, then, from both, the
# network that ships as `default`. Some four hours. Needs Mien with its extra `train`.
#
#   scripts/train_shipped.sh DATA
#
# DATA is FER2013. Stopped anywhere, the same command goes on. The models are left in runs/shipped/.
set -euo pipefail

data=$1
mkdir -p runs/shipped

train() { # RECIPE THREADS
  local resume=()
  [ -f "runs/$1/model.onnx" ] && return
  [ -f "runs/$1/checkpoint.pt" ] && resume=(--resume)
  mien train "$1" --data "$data" --seed 0 --out "runs/$1" --threads "$2" "${resume[@]}"
}

export_as() { # RECIPE NAME [OPTION]...
  local out=runs/shipped/$2.onnx
  mien export "runs/$1" --data "$data" --name "$2" --out "$out" "${@:3}"
}

# Each on one thread, so that its history is the documented one, bit for bit.
train default 1 &
train small 1
wait $!
train default-distilled 1

for model in default:default-distilled small:small; do
  export_as "${model#*:}" "${model%:*}"
  export_as "${model#*:}" "${model%:*}-int8" --int8
done
