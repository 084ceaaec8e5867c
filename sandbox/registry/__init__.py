"""The storage of each resource: what a request does, without HTTP."""
