"""Tables, as `kubectl get` and `oc get` show them."""
