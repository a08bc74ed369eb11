"""Where the files of a board's world lie: beside the folder that is its disk, or where its flash is a file, in a folder of their own."""

import os

PLACE = os.getenv("GIROUETTE_SIM_BESIDE") or ".."


def beside(name: str) -> str:
    """A file that is not on the board's disk."""
    return PLACE + "/" + name


def take_its_place(new: str, old: str) -> None:
    """Rename a file that is not on the board's disk; the unix port cannot by two whole paths, but within a folder."""
    folder, _, name = old.rpartition("/")
    if not folder.startswith("/"):
        os.rename(new, old)
        return
    here = os.getcwd()
    os.chdir(folder)
    try:
        os.rename(new.rpartition("/")[2], name)
    finally:
        os.chdir(here)
