"""Data sets of faces: FER2013 in each layout users have, and faces and photos of your own."""

from mien.data.dataset import DataFormat, FaceDataset
from mien.data.labels import find_labels
from mien.data.load import load_dataset

__all__ = ["DataFormat", "FaceDataset", "find_labels", "load_dataset"]
