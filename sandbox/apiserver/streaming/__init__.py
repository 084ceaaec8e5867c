"""Streams between a client and a pod: `exec`, `attach` and `port-forward`, over WebSocket and SPDY."""
