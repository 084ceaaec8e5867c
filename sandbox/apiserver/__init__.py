"""The API over HTTP: from a request to its response."""
