"""A small OpenShift project on one machine: the API is a test double, the workloads are real processes."""
