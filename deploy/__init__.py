"""Room 4: where concrete parts meet."""
