"""Whose program is at the other end, asked of this system about real connections."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.atelier.peer import TABLES, of_another_user, owners, port_of

pytestmark = pytest.mark.skipif(not TABLES[0].exists(), reason="only Linux tells whose a connection is")
NOBODY = 65534
CONNECT = f"""import encodings.idna, os, socket, sys  # nobody may read what is imported later
os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sys.stdin.read()
"""


@pytest.fixture(params=["127.0.0.1", "::1"])
def listening(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A socket that listens on loopback."""
    host = request.param
    try:
        made = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError:
        pytest.skip(f"there is no {host} here")
    with made:
        yield made


def test_a_program_of_ours_is_ours(listening: socket.socket) -> None:
    """Over IPv4 and IPv6; nothing is known of a connection that is none."""
    host, port, *_ = listening.getsockname()
    with socket.create_connection((host, port)) as mine:
        assert not of_another_user(mine.getsockname()[1], port)
        assert [owners(table.read_text(), mine.getsockname()[1], port) for table in TABLES].count({os.geteuid()}) == 1
    assert not of_another_user(0, port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts a program of another user")
def test_a_program_of_another_user_is_not(listening: socket.socket) -> None:
    """As a proxy is that runs as a user of its own."""
    host, port, *_ = listening.getsockname()
    command = [sys.executable, "-S", "-c", CONNECT, host, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        listening.settimeout(30)
        connection, (_, from_port, *_) = listening.accept()
        with connection:
            assert of_another_user(from_port, port)
        other.communicate()


def test_a_system_that_does_not_tell_is_believed_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such file, as on macOS: the rest of the door decides."""
    monkeypatch.setattr("api.atelier.peer.TABLES", (tmp_path / "tcp",))

    assert not of_another_user(50123, 8000)
    assert port_of("00000000000000000000000001000000:1F90") == 8080
