"""What the public side is told when it starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the public side presents itself, and its bounds."""

    public_url: str = ""
    """Where the public reaches it (`https://air.example.org/data`); empty: read off each request, proxies included."""

    store_reads: Literal["loop", "thread"] = "loop"
    """Where short reads run: `loop` for a local file, `thread` for a store across a network."""

    deadline_s: float = 10.0
    """An answer that has not begun by then is a 503."""

    stall_s: float = 60.0
    """Who takes none of an answer for so long is let go."""

    max_url_bytes: int = 8_192
    max_body_bytes: int = 65_536
    now_s: Callable[[], float] = time.time
