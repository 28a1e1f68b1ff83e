"""Data sets of faces: FER2013 in each layout users have, and faces of your own."""

from mien.data.dataset import DataFormat, FaceDataset
from mien.data.load import load_dataset

__all__ = ["DataFormat", "FaceDataset", "load_dataset"]
