"""What a request does to the stored objects, beneath HTTP."""
