"""OpenShift's OAuth server, for service accounts as clients."""
