"""OpenShift's OAuth server with service accounts as clients."""
