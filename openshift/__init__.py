"""The OpenShift objects: readable JSON sources, and what renders them."""
