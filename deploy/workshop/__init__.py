"""An hour in a room: boards that become devices, from pages, files and papers, with or without a network."""
