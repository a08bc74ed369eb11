"""Which life the configuration asks for: always awake, or asleep between samples; what the other one needs is not loaded."""

import os
import random

from girouette.config import usable_config


def run(path: str) -> None:
    """Live; returns only by an error, or where a board on a battery has gone to sleep."""
    random.seed(int.from_bytes(os.urandom(4), "big"))
    config = usable_config(path)
    if config.batch:
        from girouette import battery

        battery.run(config)
    else:
        import girouette.sender  # the longest file first, while the heap is empty: less is needed where it is compiled here
        from girouette import app

        app.run(config)
