"""What makes a board one device: who it is in the registry, where it reaches the broker, and which networks it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from devices.image import Identity, shard_of
from devices.reading import topic_of
from gateway.registry.enrol import Enrolled

if TYPE_CHECKING:
    from deploy.workshop.reach import Reach

_NAME, _SECRET = "x" * 32, "x" * 64
LONGEST = Enrolled(
    id=_NAME, shard=shard_of(_NAME), topic=topic_of(_NAME), user=_NAME, password=_SECRET, update_key=_SECRET, link=_SECRET,
    place_id=None, period_s=0.0, stage="",
)  # fmt: skip
"""Stands for whom nobody has enrolled yet, to see beforehand that all has room."""


def identity_of(
    enrolled: Enrolled,
    where: Reach,
    *,
    networks: Sequence[Mapping[str, Any]],
    public_url: str,
    board: str,
    period_s: int | None = None,
    batch: int | None = None,
) -> Identity:
    """This device on this kind of board; its recipes' period where none is given."""
    return Identity(
        device=enrolled.id, shard=enrolled.shard, user=enrolled.user, password=enrolled.password, update_key=enrolled.update_key,
        host=where.host, port=where.port, anchors=where.anchors, tls_name=where.tls_name, wifi=tuple(networks), board=board,
        page=enrolled.page(public_url), period_s=period_s, batch=batch,
    )  # fmt: skip
