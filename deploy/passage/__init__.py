"""From a workshop to the town: its file is merged, its boards are moved, nothing is lost and nothing flashed."""
