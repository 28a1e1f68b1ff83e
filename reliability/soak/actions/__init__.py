"""What clients do, one file per subject. Each action is one visit: a request or a few."""
