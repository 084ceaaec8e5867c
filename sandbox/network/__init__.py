"""Services, the router and its certificates, on the host's loopback interface."""
