"""Where the files of a board's world lie: beside the folder that is its disk, or where its flash is a file, in a folder of their own."""

import os

PLACE = os.getenv("GIROUETTE_SIM_BESIDE") or ".."


def beside(name: str) -> str:
    """A file that is not on the board's disk."""
    return PLACE + "/" + name
