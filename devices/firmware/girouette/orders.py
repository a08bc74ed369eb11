"""Orders after which the board starts again, and which come seldom: loaded for one of them only.

Each gives the word by which the restart is told of, or raises Refused.
"""

import slots
from girouette.commands import Refused
from girouette.config import Config


def configure(raw: dict, _config: Config) -> str:
    """Keep other settings for the next start."""
    from girouette.changes import change

    slots.unload("girouette.changes")
    wanted = raw.get("set")
    why = change(wanted) if isinstance(wanted, dict) else "bad-value"
    if why is not None:
        raise Refused(why)
    return "configured"


def move(raw: dict, config: Config) -> str:
    """Keep an order to move to another broker for the next start."""
    if slots.trying():
        raise Refused("on-trial")
    try:
        from girouette import moving

        moving.accept(raw, config)
    except OSError:
        raise Refused("disk")
    except ValueError as error:
        raise Refused(str(error))
    finally:
        for name in ("girouette.moving", "girouette.seal", "girouette.settings", "rule"):
            slots.unload(name)
    return "move"
