"""The user's own configuration files: loading, checking, and the names of earlier versions."""
