"""What is needed where, as distributions say it."""

from __future__ import annotations

from importlib import metadata

import pytest

from deploy.workshop.markers import here, holds, read

PI = {**here(), "platform_machine": "aarch64", "sys_platform": "linux", "python_version": "3.11"}


@pytest.mark.parametrize(
    ("marker", "true"),
    [
        ("platform_machine == 'aarch64' and sys_platform == 'linux' or sys_platform == 'darwin'", True),
        ("(platform_machine == 'x86_64' and sys_platform == 'linux')", False),
        ("python_version < '3.12'", True),
        ("python_version >= '3.9' and python_version != '3.11'", False),
        ("python_version <= '3.11' and python_version > '3.2'", True),
        ("extra == 'flash'", False),
        ("sys_platform not in 'win32 cygwin'", True),
    ],
)
def test_a_marker_holds_on_a_raspberry_pi_or_not(marker: str, *, true: bool) -> None:
    """Versions are compared as such: 3.9 is older than 3.11."""
    assert holds(marker, PI) is true


def test_every_line_of_what_is_installed_here_is_read() -> None:
    """No distribution of this environment writes one that cannot be."""
    lines = [line for each in metadata.distributions() for line in each.requires or ()]

    assert len(lines) > 200
    for line in lines:
        read(line).holds({**PI, "extra": ""})


@pytest.mark.parametrize("spoilt", ["__import__('os')", "a < b < c", "1 == 2", "f('x') == 'y'"])
def test_what_is_no_marker_is_refused(spoilt: str) -> None:
    """Nothing of it is run."""
    with pytest.raises(ValueError):
        holds(spoilt, PI)
