"""What an object of each kind must look like."""
