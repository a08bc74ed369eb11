"""Boards that are not there: a chip from its bootloader on, the interpreter at its wire, and ports for real tools."""
