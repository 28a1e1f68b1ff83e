"""Recordings as a folder in BIDS, the Brain Imaging Data Structure, which other labs can open."""

from mien.study.bids.export import BidsDataset, export_bids

__all__ = ["BidsDataset", "export_bids"]
