"""A small OpenShift project on one machine: the API is a test double, everything that runs is real."""
