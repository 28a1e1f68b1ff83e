"""From an image to faces and their expressions, on the base install alone."""

import os

# onnxruntime tells its maker of its use, unless it is told not to before it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
