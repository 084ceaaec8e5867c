"""What every part of the API stands on: errors, names, quantities, schemas, and the store."""
