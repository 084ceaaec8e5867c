"""What keeps users apart, and strangers out: docs/explanation/security.md names the tests."""
