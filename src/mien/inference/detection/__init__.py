"""Where the faces are in one frame: boxes, landmarks, scores."""
