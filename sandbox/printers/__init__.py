"""The tables that `kubectl get` and `oc get` show."""
