"""Arrays in, arrays out: numpy only, no clock, no input or output."""
