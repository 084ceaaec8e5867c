"""What looks at an object on its way in: each module is one admission plugin of a real API."""
