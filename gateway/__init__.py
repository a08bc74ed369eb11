"""Room 2: from messages to a series one can trust."""
