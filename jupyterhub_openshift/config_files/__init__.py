"""The user's configuration files: loading, checking, and the names of earlier versions."""
