"""Photos, folders, films, cameras and streams as upright RGB frames; and film out."""
