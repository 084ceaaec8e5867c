"""The base of the API: errors, names, quantities, schemas and the object store."""
