"""Validation of objects, by kind."""
