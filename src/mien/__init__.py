"""Mien labels the expression visible on a face: visible expressions, not feelings."""

from mien.emotions import EMOTIONS
from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.results import Box, Face, FrameResult

__version__ = "0.1.0"
__all__ = ["EMOTIONS", "Analyzer", "Box", "Face", "FrameResult", "MienError", "__version__"]
