"""Lines and deletions to InfluxDB by influxdb-client: the write path that 2.x and 3.x share. Imported when it is first used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.store.influxql import EDGE_S, refused, silent
from gateway.store.port import StoreError

if TYPE_CHECKING:
    from influxdb_client.client.influxdb_client import InfluxDBClient

T = TypeVar("T")
LINES = 5_000
"""So many lines go in one request: 25,000 took 519 ms at the 99th percentile."""
OUTSIDE = re.compile(r"(outside|beyond) retention policy", re.IGNORECASE)
"""What servers say of lines older than a bucket keeps: those are dropped, the others of the request are kept."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class LineWriter:
    """A door to the write path, for any number of threads; `fault` is the last refusal, until something was taken again."""

    def __init__(self, url: str, *, token: str, org: str, timeout_s: float) -> None:
        self._url, self._token, self._org, self._timeout_s = url, token, org, timeout_s
        self.fault: StoreError | None = None

    def write(self, bucket: str, lines: Iterable[str]) -> None:
        """Lines with times in seconds are kept afterwards; raises StoreAway, or StoreMismatch where they do not fit what is there."""
        for piece in pieces(lines, LINES):
            self._call(partial(self._writer.write, bucket, self._org, "\n".join(piece), "s"))

    def delete(self, bucket: str, start_s: int, end_s: int, predicate: str) -> None:
        """Nothing that fits is left in [start_s, end_s); of the last second only half is named, since servers differ on the end."""
        if end_s <= start_s:
            return
        start, last = _moment(start_s), _moment(end_s) - timedelta(seconds=0.5)
        self._call(partial(self._client.delete_api().delete, start, last, predicate, bucket, self._org))

    def close(self) -> None:
        """Let go of the connections."""
        if "_client" in self.__dict__:
            self._client.close()  # type: ignore[no-untyped-call]

    def _call(self, do: Callable[[], object]) -> None:
        """Have the client do it, and put its errors in the words of the port."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            do()
        except ApiException as e:
            message = str(e.message or e.reason)
            if OUTSIDE.search(message):
                return
            self.fault = refused(self._url, e.status or 0, message)
            raise self.fault from e
        except HTTPError as e:
            raise silent(self._url, e) from e
        self.fault = None

    @cached_property
    def _client(self) -> InfluxDBClient:
        from influxdb_client.client.influxdb_client import InfluxDBClient

        return InfluxDBClient(self._url, self._token, org=self._org, timeout=int(self._timeout_s * 1000))

    @cached_property
    def _writer(self) -> Any:
        from influxdb_client.client.write_api import SYNCHRONOUS

        return self._client.write_api(SYNCHRONOUS)


def pieces(many: Iterable[T], length: int) -> Iterator[list[T]]:
    """What is in `many`, in lists of at most `length`.

    >>> list(pieces("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = iter(many)
    while piece := list(islice(rest, length)):
        yield piece


def _moment(time_s: int) -> datetime:
    """The time as influxdb-client wants it, within what InfluxDB can count."""
    return BEGINNING + timedelta(seconds=min(max(time_s, -EDGE_S), EDGE_S))
