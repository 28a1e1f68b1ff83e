"""Many photos and videos at once: one machine's processes, or a cluster's, give the same rows."""
