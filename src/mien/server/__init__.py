"""Studio's server: the analyzer behind an HTTP and WebSocket API, for this machine's own use."""
