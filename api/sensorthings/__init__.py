"""OGC SensorThings: one model in 2.0's shape, seen through 1.1."""
