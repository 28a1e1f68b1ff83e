"""How good a model is: metrics, calibration, pictures and a report, on onnxruntime alone."""
