"""The hook by which the bundle travels in the wheel; that it does is held by tests/deploy/test_wheel.py."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.tools import wheel
from deploy.tools.wheel import AtelierHook, beside


def hook(root: Path) -> AtelierHook:
    """The hook as hatchling makes it."""
    return AtelierHook(str(root), {}, None, None, str(root), "wheel")  # type: ignore[arg-type]


def test_an_editable_install_needs_no_node(tmp_path: Path) -> None:
    """Nothing is built, and nothing is packed."""
    told: dict[str, Any] = {"artifacts": []}

    hook(tmp_path).initialize("editable", told)

    assert told == {"artifacts": []}


def test_a_wheel_takes_the_bundle_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is built below the root that is packed, and named as an artifact, which git ignores."""
    built: list[Path] = []
    fake = SimpleNamespace(build=built.append, BUNDLE=beside("atelier").BUNDLE)
    monkeypatch.setattr(wheel, "beside", lambda _: fake)
    told: dict[str, Any] = {"artifacts": []}

    hook(tmp_path).initialize("standard", told)

    assert built == [tmp_path]
    assert told["artifacts"] == ["/api/web/static/atelier/atelier.js"]
