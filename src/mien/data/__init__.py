"""Data sets of faces: FER2013 in each layout users have, and folders of one's own."""

from mien.data.dataset import FaceDataset
from mien.data.load import load_dataset

__all__ = ["FaceDataset", "load_dataset"]
