"""Room 3: from series to the public."""
