"""Brokers with certificates, right ones and wrong ones, and boards that know whom to trust."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from bench import answers
from cryptography.hazmat.primitives import serialization
from heap import room_here

from deploy.certificates import Authority, authority_certificate, fresh_key, private, server_certificate
from devices.console import Told, read_console
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board

NAME = "localhost"
FREE_BYTES = room_here()
"""What the firmware finds free at power-on: the smallest heap of the board table, as it is here (`heap.py`)."""
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = MADE + dt.timedelta(days=3650)


def authority(number: int = 1, *, made: dt.datetime = MADE) -> Authority:
    """A fresh authority."""
    key = fresh_key()
    return Authority(number, authority_certificate(key, number, now=made), key)


def anchor(of: Authority) -> bytes:
    """Its certificate as a board has it."""
    return of.certificate.public_bytes(DER)


def show(folder: Path, by: Authority, names: Sequence[str] = (NAME,), *, until: dt.datetime = LATER) -> None:
    """Let a broker show a certificate by this authority."""
    key = fresh_key()
    certificate = server_certificate(key, names, by, until=until)
    (folder / "broker.pem").write_bytes(certificate.public_bytes(PEM))
    (folder / "broker.key").write_bytes(private(key))


class SafeBroker:
    """A real mosquitto with a TLS listener for boards and a plain one, on loopback, for the test."""

    def __init__(self, binary: str, ports: tuple[int, int], folder: Path) -> None:
        self.port, self.plain = ports
        self._binary = binary
        self._conf = folder / "tls.conf"
        self._log = folder / "broker.log"
        self._conf.write_text(
            f"user root\nallow_anonymous true\nset_tcp_nodelay true\nlistener {self.plain} 127.0.0.1\nlistener {self.port} 127.0.0.1\n"
            f"certfile {folder}/broker.pem\nkeyfile {folder}/broker.key\ntls_version tlsv1.2\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, until: Callable[..., None], environ: Mapping[str, str] | None = None) -> None:
        """Start it with what stands in its folder now, and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._binary, "-c", str(self._conf)], stdout=log, stderr=log, env=environ)
        until(lambda: answers(self.port) and answers(self.plain), what="mosquitto listening")

    def kill(self) -> None:
        """End it without a word (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class SafeBoard:
    """A board of a small heap that samples once a second and speaks TLS."""

    def __init__(self, port: int, folder: Path, anchors: Sequence[bytes], **options: Any) -> None:
        self._port, self._folder, self._anchors = port, folder / "board", tuple(anchors)
        self._options = {"ntp": None, "host": NAME, **options}
        self._environ: dict[str, str] = {}
        self.board: Board | None = None
        self._folder.mkdir(exist_ok=True)

    @property
    def log(self) -> Path:
        """Its serial log."""
        return self._folder / "log"

    def start(self, environ: Mapping[str, str] | None = None, **around: Any) -> None:
        """Switch it on."""
        recipe = load_recipes()["noise"]
        identity = Identity(
            "b1", shard_of("b1"), "b1", "secret", port=self._port, period_s=1, anchors=self._anchors, **self._options
        )
        given = Surroundings(recipe.signals, **around)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (environ or {}).items():
                patch.setenv(name, value)
            image = build_image([recipe], identity)
            self.board = start_board(image, directory=self._folder, around=given, log=self.log)

    def told(self) -> Told:
        """What its serial log says by now."""
        return read_console(self.log.read_text())

    def remarks(self) -> str:
        """What it noted by now, line by line."""
        return "\n".join(self.told().remarks) if self.log.exists() else ""

    def cut(self) -> None:
        """Cut its power."""
        if self.board is not None:
            self.board.kill()
            self.board.communicate()
            self.board = None
