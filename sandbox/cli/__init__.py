"""`python -m sandbox`: the command line, and the transcript of the README that `run` types."""
