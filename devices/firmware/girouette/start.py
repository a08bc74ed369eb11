"""Which life the configuration asks for: always awake, or asleep between samples; what the other one needs is not loaded."""

import os
import random

import slots


def run(path: str) -> None:
    """Live; returns only by an error, or where a board on a battery has gone to sleep."""
    random.seed(int.from_bytes(os.urandom(4), "big"))
    config = told(path)
    if config is None:
        return
    settle()
    if config.batch and not (slots.tried or slots.moving):  # asleep, a new interpreter would lose its one start
        from girouette import battery

        battery.run(config)
    else:
        import girouette.sender  # the longest file first, while the heap is empty: less is needed where it is compiled here
        from girouette import app

        app.run(config)


def told(path: str):
    """The configuration; None where nobody said who this board is, and nobody came."""
    from girouette import loading

    try:
        return loading.usable_config(path)
    except loading.NoIdentity as error:
        from girouette import alone

        alone.run(error, error.led, error.rgb)
    finally:
        slots.unload("girouette.loading")


def settle() -> None:
    """Where a new interpreter was ever written: does it run, and is it on trial?"""
    try:
        os.stat("interpreter.json")
        from girouette import interpreter

        interpreter.settle()
    except OSError:
        return  # the usual case; or the disk refuses, and it is tried anew at the next start
    slots.unload("girouette.interpreter")
    slots.unload("rule")
