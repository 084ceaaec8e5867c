"""Admission: each module is one admission plugin, or a few, of a real API."""
