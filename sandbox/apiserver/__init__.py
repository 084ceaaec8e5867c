"""The API server: from an HTTP request to its response."""
