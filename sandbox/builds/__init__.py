"""Source-to-Image builds."""
