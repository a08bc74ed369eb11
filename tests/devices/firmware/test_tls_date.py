"""By which date a board judges certificates: NTP's, else the last that it was told, else its authority's; samples by none of them."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faking
import pytest
import tls
from receiver import Receiver

pytestmark = pytest.mark.slow
NOW_S = time.time()
MADE = dt.datetime.fromtimestamp(NOW_S - 30 * 86400, dt.UTC)
YEAR_S = 365 * 86400
HIS, NEXT = tls.authority(1, made=MADE), tls.authority(2, made=MADE + dt.timedelta(days=8 * 365))
Powered = Callable[..., tls.SafeBoard]


@pytest.fixture(autouse=True)
def heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest board's, less what the contract of recipes leaves alone: TLS has no heap of its own."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", str(tls.FREE_BYTES))


@pytest.fixture
def broker(part: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path) -> Iterator[tls.SafeBroker]:
    """A mosquitto with a TLS listener, not yet started."""
    made = tls.SafeBroker(part("mosquitto"), (free_port(), free_port()), tmp_path)
    yield made
    made.kill()


@pytest.fixture
def powered(broker: tls.SafeBroker, tmp_path: Path, part: Callable[[str], str]) -> Iterator[Powered]:
    """A function that switches on a board whose chip's clock has lost its power."""
    boards: list[tls.SafeBoard] = []

    def start(*anchors: bytes, ntp: str | None, name: str = "one", **around: object) -> tls.SafeBoard:
        (tmp_path / name).mkdir(exist_ok=True)
        found = tls.SafeBoard(broker.port, tmp_path / name, anchors, ntp=ntp)
        boards.append(found)
        again(found, tmp_path / name, **around)
        return found

    def again(board: tls.SafeBoard, folder: Path, **around: object) -> None:
        board.start(faking.chip_clock(part, folder / "clock", faking.POWER_LOST_S), **around)

    yield start
    for board in boards:
        board.cut()


def chip_s(folder: Path) -> float:
    """What the chip's clock says now."""
    return time.time() + float((folder / "clock").read_text())


def test_without_a_time_server_the_authoritys_date_will_do(
    broker: tls.SafeBroker, powered: Powered, tmp_path: Path, until: Callable[..., None]
) -> None:
    """The chip says 2000, NTP is blocked: the certificate is taken, the gateway tells the date, no sample has another one."""
    tls.show(tmp_path, HIS, until=MADE + dt.timedelta(days=700))
    broker.start(until)
    receiver = Receiver(broker.plain)
    try:
        board = powered(tls.anchor(HIS), ntp=None)
        until(lambda: len(receiver.kept) > 3, within_s=30, what="four samples")

        assert "tls:" not in board.remarks()
        assert all(abs(sample.time_s - time.time()) < 60 for sample in receiver.kept.values())
        assert abs(chip_s(tmp_path / "one") - time.time()) < 5, "certificates are judged by the true date from now on"
        assert abs(int((tmp_path / "one/board/flash/date.txt").read_text()) - time.time()) < 60
    finally:
        receiver.close()


def test_the_last_date_that_was_told_is_kept_over_a_power_cut(
    broker: tls.SafeBroker, powered: Powered, tmp_path: Path, until: Callable[..., None]
) -> None:
    """A certificate that ended before the board last knew the date is not believed again because the chip says 2000."""
    tls.show(tmp_path, HIS, until=MADE + dt.timedelta(days=20))  # valid at the authority's date, over today
    broker.start(until)
    (tmp_path / "one/board/flash").mkdir(parents=True)
    kept = tmp_path / "one/board/flash/date.txt"
    kept.write_text(str(int(NOW_S)))

    board = powered(tls.anchor(HIS), ntp=None)

    until(lambda: "tls: expired" in board.remarks(), within_s=30, what="a certificate that is over")
    assert "# connected" not in board.remarks()


def test_a_time_server_has_the_first_word(
    broker: tls.SafeBroker, powered: Powered, tmp_path: Path, until: Callable[..., None]
) -> None:
    """With NTP the broker is called when the date is known, so a certificate that ended yesterday is never believed."""
    tls.show(tmp_path, HIS, until=dt.datetime.fromtimestamp(NOW_S - 86400, dt.UTC))
    broker.start(until)

    board = powered(tls.anchor(HIS), ntp="pool.ntp.org")

    until(lambda: "tls: expired" in board.remarks(), within_s=30, what="a certificate that is over")
    assert "# connected" not in board.remarks()


def test_a_blocked_time_server_is_not_waited_for_long(
    broker: tls.SafeBroker, powered: Powered, tmp_path: Path, until: Callable[..., None]
) -> None:
    """After ten seconds without an answer the broker is called with the date that the board has, and tells a better one."""
    tls.show(tmp_path, HIS)
    broker.start(until)
    receiver = Receiver(broker.plain)
    try:
        powered(tls.anchor(HIS), ntp="pool.ntp.org", faults=[{"kind": "no-clock"}])
        until(lambda: len(receiver.kept) > 3, within_s=40, what="four samples")

        assert all(abs(sample.time_s - time.time()) < 60 for sample in receiver.kept.values())
    finally:
        receiver.close()


def test_a_fleet_that_knows_one_authority_is_locked_out_when_it_ends(
    broker: tls.SafeBroker,
    powered: Powered,
    tmp_path: Path,
    part: Callable[[str], str],
    until: Callable[..., None],
) -> None:
    """Eleven years on: whoever was given the second authority in time comes in, whoever was not stays out for ever."""
    ahead_s = 11 * YEAR_S
    environ = {**os.environ, **faking.ahead(part, ahead_s)}
    tls.show(tmp_path, HIS)  # as long as its authority
    broker.start(until, environ)
    old = powered(tls.anchor(HIS), ntp="pool.ntp.org", name="old", ahead_s=ahead_s)
    until(lambda: "tls: expired" in old.remarks(), within_s=30, what="the first authority over")
    broker.kill()
    tls.show(tmp_path, NEXT, until=MADE + dt.timedelta(days=15 * 365))
    broker.start(until, environ)

    new = powered(tls.anchor(HIS), tls.anchor(NEXT), ntp="pool.ntp.org", name="new", ahead_s=ahead_s)

    until(lambda: "# connected" in new.remarks(), within_s=30, what="a board that knows both")
    until(lambda: "tls: unknown-authority" in old.remarks(), within_s=30, what="a board that knows one")
    assert "# connected" not in old.remarks()
    assert "tls:" not in new.remarks()
