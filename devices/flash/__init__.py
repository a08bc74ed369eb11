"""What lies on a chip's flash: the interpreter, the settings, the disk, and how it is divided."""
