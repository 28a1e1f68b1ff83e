"""What is kept in SQLite files, so that nothing acknowledged is ever lost."""
