"""Photos, folders, videos, cameras and streams as upright RGB frames; and video out."""
