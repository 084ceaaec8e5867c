"""The OpenShift templates: JSON sources, and the renderer that writes resources.json from them."""
