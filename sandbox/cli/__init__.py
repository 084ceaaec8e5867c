"""The command line `python -m sandbox`, and the README's transcript that `run` executes."""
