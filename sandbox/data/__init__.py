"""Tables that the sandbox reads: facts about the API, not code."""
