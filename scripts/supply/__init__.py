"""What an installation holds: pinned files with hashes, and a bill of materials."""
