"""Containers and images: process trees under bubblewrap, and the layers that they see."""
