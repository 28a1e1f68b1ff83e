"""Many photos and films at once: one machine's processes, or a cluster's, give the same rows."""
