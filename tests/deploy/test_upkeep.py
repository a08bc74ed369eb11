"""What an operator does now and then: backups, folders of servers, accounts, dashboards."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.faults import AWAY, REFUSED
from gateway.registry.passwords import hash_password

HERE = ("--place", "48.11,-1.68")


def test_a_backup_is_put_back(girouette: Callable[..., Any], home: Path) -> None:
    """What was registered after it is gone, what was before is there; an existing file is kept."""
    girouette("device", "add", "--recipe", "air", *HERE)
    told = girouette("backup", "saved.sqlite", "--json").told
    girouette("device", "add", "--recipe", "noise", *HERE)
    again = girouette("backup", "saved.sqlite")

    restored = girouette("restore", "saved.sqlite")

    assert told == {"from": "girouette.sqlite", "to": "saved.sqlite", "bytes": (home / "saved.sqlite").stat().st_size}
    assert again.code == AWAY
    assert "start the gateway once with --adopt" in restored.out
    assert [row["id"] for row in girouette("device", "list", "--json").told] == ["air-1"]


def test_a_file_that_is_no_backup_is_refused(girouette: Callable[..., Any], home: Path) -> None:
    """The file stays as it was."""
    girouette("device", "add", "--recipe", "air", *HERE)
    (home / "letter.txt").write_text("Monsieur le Maire")

    assert girouette("restore", "letter.txt").code == REFUSED
    assert [row["id"] for row in girouette("device", "list", "--json").told] == ["air-1"]


@pytest.mark.slow
def test_nothing_is_restored_under_a_running_gateway(
    girouette: Callable[..., Any], service: Callable[..., subprocess.Popen[str]], mosquitto: int,
    free_port: Callable[[], int], until: Callable[..., None],
) -> None:  # fmt: skip
    """It can be backed up meanwhile; to restore, it must be stopped, and the sentence says so."""
    port = free_port()
    service("gateway", "--broker", f"mqtt://127.0.0.1:{mosquitto}", GIROUETTE_GATEWAY_HTTP_PORT=port)
    until(lambda: girouette("health", f"http://127.0.0.1:{port}/readyz").code == 0, what="the gateway ready")

    assert girouette("backup", "saved.sqlite").code == 0
    refused = girouette("restore", "saved.sqlite")

    assert (refused.code, "stop the gateway" in refused.err) == (AWAY, True)


def test_a_server_s_folder_is_made_once_and_renewed(girouette: Callable[..., Any], home: Path) -> None:
    """Files are listed as JSON; a second time nothing is changed; a renewal keeps the secrets."""
    made = girouette("deploy", "init", "town", "--json").told
    secret = (home / "town/secrets/broker_password").read_text()
    again = girouette("deploy", "init", "town")
    (home / "town/compose.yaml").write_text("changed")
    girouette("deploy", "renew", "town")

    assert {"town/compose.yaml", "town/secrets/broker_password", "town/.env"} <= set(made)
    assert again.code == REFUSED
    assert (home / "town/secrets/broker_password").read_text() == secret
    assert "services:" in (home / "town/compose.yaml").read_text()
    assert girouette("deploy", "renew", "village").code == REFUSED


def test_accounts_are_written_from_the_registry(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that was lost is filled again; without a folder set, it is said which setting is missing."""
    girouette("device", "add", "--recipe", "air", *HERE)
    assert "GIROUETTE_ACCOUNTS" in girouette("deploy", "accounts").err
    (home / "accounts").mkdir()
    (home / "accounts/services").write_text(f"gateway-0:{hash_password('x', b'twelve bytes')}\n")
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(home / "accounts"))

    told = girouette("deploy", "accounts", "--json").told

    assert told["reload"] == "sudo systemctl reload mosquitto"
    assert "user air-1" in (home / "accounts/acl").read_text()


def test_dashboards_are_written_with_the_places_names(girouette: Callable[..., Any], home: Path) -> None:
    """The same catalogue gives the same bytes; no registry is made where there is none."""
    first = girouette("dashboards", "build", "bare", "--json").told
    assert not (home / "girouette.sqlite").exists()
    girouette("device", "add", "--recipe", "air", *HERE, "--name", "Mairie")
    girouette("dashboards", "build", "one")
    girouette("dashboards", "build", "two")

    assert all(Path(name).is_file() for name in first)
    boards = [name.removeprefix("bare/") for name in first if name.endswith(".json")]
    assert boards
    for name in boards:
        json.loads((home / "one" / name).read_text())
        assert (home / "one" / name).read_bytes() == (home / "two" / name).read_bytes()
    assert any("Mairie" in (home / "one" / name).read_text() for name in boards)
