"""Results for other programs: each file speaks to one of them, and needs the extra of its name."""
