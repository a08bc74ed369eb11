"""Room 1: what a board is and says. Everything here but flashing is standard library only."""
