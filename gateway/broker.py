"""The embedded broker as a child: mosquitto where it is installed, else iotcore (rumqttd in a wheel).

For one machine and one pilot: loopback only, nobody is asked who they are, and nothing is kept over a restart; what boards
measured is safe by its receipt. Deployed brokers have accounts (deploy/mosquitto).
"""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Literal

from devices.refusal import SpokenError

Kind = Literal["auto", "mosquitto", "iotcore"]
HOST = "127.0.0.1"
WINDOWS = {"mosquitto": 4000, "iotcore": 100}
"""Unacknowledged messages that each sends at most to one client."""
LARGEST_BYTES = 20_480
"""A pack has at most 16 KiB; the rest is for its topic."""
START_S = 10.0
PR_SET_PDEATHSIG = 1
PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
"""Where mosquitto is when it is not on PATH: Debian keeps it from users' paths."""


class BrokerError(SpokenError):
    """The broker did not start; the sentence says what to do."""

    words = "gateway"


def choose(kind: Kind) -> str:
    """`mosquitto` or `iotcore`; raises BrokerError where the one asked for cannot be had."""
    if kind == "auto":
        return "mosquitto" if _mosquitto() and sys.platform == "linux" else "iotcore"
    if kind == "mosquitto" and not _mosquitto():
        raise BrokerError("no_mosquitto")
    return kind


def start_broker(
    directory: Path, port: int, *, kind: Kind = "auto", log: Path | None = None
) -> subprocess.Popen[bytes]:
    """A broker that listens on loopback now, and dies with this process; its conf and log are in `directory`.

    Call it from a thread that lives as long as the process: on Linux the child's life is tied to that thread.
    Raises BrokerError.
    """
    chosen = choose(kind)
    if _answers(port):
        raise BrokerError("port_taken", port=port)
    log = log or directory / "broker.log"
    conf = directory / "mosquitto.conf"
    conf.write_text(_conf(port), encoding="utf-8")
    command = [sys.executable, "-m", "gateway.broker", chosen, str(os.getpid()), str(port), str(conf)]
    with log.open("ab") as out:
        tie = subprocess.PIPE if chosen == "iotcore" else subprocess.DEVNULL
        child = subprocess.Popen(command, stdin=tie, stdout=out, stderr=out)
    until = time.monotonic() + START_S
    while not _answers(port):
        if child.poll() is not None or time.monotonic() > until:
            child.kill()
            child.communicate()
            raise BrokerError("broker_ended", broker=chosen, log=log, tail=_tail(log))
        time.sleep(0.01)
    return child


def become(chosen: str, parent: int, port: int, conf: str) -> None:
    """Be the broker, in the child, until the parent is gone."""
    if chosen == "mosquitto":
        _die_with(parent)
        os.execv(_mosquitto() or chosen, [chosen, "-c", conf])  # noqa: S606
    from iotcore import Broker

    threading.Thread(target=_die_with_stdin, name="parent", daemon=True).start()
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # its spans show as an error a packet
    Broker(port=port, listen=HOST, max_payload_size=LARGEST_BYTES).run_forever()


def _conf(port: int) -> str:
    """Mosquitto's conf. Root stays root, since a change of user would untie the child from its parent."""
    return (
        f"listener {port} {HOST}\nallow_anonymous true\nuser root\npersistence false\n"
        f"set_tcp_nodelay true\nmax_inflight_messages {WINDOWS['mosquitto']}\nmax_queued_messages 0\n"
        f"max_packet_size {LARGEST_BYTES}\nlog_dest stderr\nlog_type error\nlog_type warning\nconnection_messages false\n"
    )


def _mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=PLACES)


def _die_with(parent: int) -> None:
    """Let the kernel end this process with its parent; exec keeps that."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before we asked
        sys.exit(1)


def _die_with_stdin() -> None:
    """End this process when the parent's end of the pipe is closed."""
    sys.stdin.buffer.read()
    os._exit(0)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()[-300:]


if __name__ == "__main__":
    become(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
