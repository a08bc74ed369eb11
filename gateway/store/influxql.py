"""Questions to InfluxDB in InfluxQL, the one language that 1.x, 2.x and 3.x all answer: `/query`, and what its answers mean.

Only the portable subset is spoken: SELECT with WHERE on time and tags, GROUP BY tags, ORDER BY time, LIMIT, and sources
written in full ("database"."policy"."measurement"). No INTO, DELETE, SHOW SERIES, SLIMIT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

from gateway.store.names import DATABASE
from gateway.store.port import StoreAway, StoreError, StoreMismatch

SECOND_NS = 1_000_000_000
EDGE_S = 9_223_372_036
"""InfluxDB counts nanoseconds in 64 bits: from 1677-09-21 to 2262-04-11."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """One series of an answer: its tags, and rows that begin with the time in seconds."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []


class Result(msgspec.Struct, frozen=True, gc=False):
    """The answer to one statement."""

    series: list[Found] = []
    error: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What `/query` says."""

    results: list[Result] = []
    error: str = ""
    message: str = ""


class Influxql:
    """A door to `/query`, for any number of threads."""

    def __init__(self, url: str, *, token: str, timeout_s: float) -> None:
        self._url = url
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Token {token}"}, timeout=timeout_s, trust_env=False
        )

    def ask(self, *statements: str) -> list[list[Found]]:
        """For each statement its series; raises StoreAway, or StoreMismatch where a question is not understood."""
        try:
            said = self._client.post("/query", data={"q": ";".join(statements), "db": DATABASE, "epoch": "s"})
            answer = msgspec.json.decode(said.content or b"{}", type=Answer)
        except httpx.LocalProtocolError as e:  # a token that is empty or has two lines; it is in what httpx says
            raise StoreAway("influx_token", url=self._url, why=type(e).__name__) from None
        except httpx.HTTPError as e:
            raise silent(self._url, e) from e
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            raise StoreAway("influx_other", url=self._url) from e
        errors = {answer.error, answer.message, *(result.error for result in answer.results)} - {""}
        if errors or not said.is_success:
            raise refused(self._url, said.status_code, "; ".join(sorted(errors)))
        return [result.series for result in answer.results]

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def select(
    source: str, fields: Sequence[str], *, between: tuple[int, int], tags: Mapping[str, Sequence[int]], then: str = ""
) -> str:
    r"""A question for fields in [start, end) seconds of whatever has one of these numbers in each tag.

    >>> select('"g"."raw"."obs"', ["value"], between=(0, 60), tags={"series": [3]}, then="LIMIT 1")
    'SELECT "value" FROM "g"."raw"."obs" WHERE time >= 0 AND time < 60000000000 AND "series" = \'3\' LIMIT 1'
    """
    start_ns, end_ns = (min(max(at, -EDGE_S), EDGE_S) * SECOND_NS for at in between)
    where = [f"time >= {start_ns}", f"time < {end_ns}"]
    where += [
        f"\"{tag}\" = '{some[0]}'" if len(some) == 1 else f'"{tag}" =~ /^({"|".join(map(str, some))})$/'
        for tag, some in tags.items()
    ]
    wanted = ", ".join(name if name == "*" or "(" in name else f'"{name}"' for name in fields)
    return f"SELECT {wanted} FROM {source} WHERE {' AND '.join(where)} {then}".rstrip()  # noqa: S608 - names are our own, values numbers


def silent(url: str, error: Exception) -> StoreAway:
    """InfluxDB does not answer, in the words of the port."""
    return StoreAway("influx_away", url=url, why=type(error).__name__)


def refused(url: str, status: int, message: str) -> StoreError:
    """InfluxDB answers that it will not, in the words of the port and with what to do."""
    if status in {401, 403}:
        return StoreAway("influx_token", url=url, why=message)
    if "not found" in message or status == 404:
        return StoreAway("influx_bucket", url=url, why=message)
    if status == 413:
        return StoreAway("influx_proxy", url=url)
    if "no space left" in message:
        return StoreAway("influx_full", url=url, why=message)
    if status in {400, 422}:
        return StoreMismatch("influx_refuses", url=url, why=message or status)
    return StoreAway("influx_busy", url=url, why=f"{status} {message}")
