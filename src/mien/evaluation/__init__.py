"""How good a model is: metrics, calibration, images and a report, on onnxruntime alone."""
