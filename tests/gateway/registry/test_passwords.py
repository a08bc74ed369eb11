"""The hash that the registry keeps; against mosquitto's own tool: tests/deploy/test_accounts.py."""

from __future__ import annotations

import pytest

from gateway.registry.passwords import hash_password, is_service


def test_a_hash_is_of_its_password_and_salt() -> None:
    """Another password and another salt give another hash; the same give the same."""
    one = hash_password("a word", b"twelve bytes")

    assert one == hash_password("a word", b"twelve bytes")
    assert len({one, hash_password("another", b"twelve bytes"), hash_password("a word", b"other bytes.")}) == 3


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("gateway-0", True),
        ("gateway-", True),
        ("commands", True),
        ("watch", True),
        ("gateway", False),
        ("watch-1", False),
    ],
)
def test_services_are_known_by_their_names(name: str, service: bool) -> None:
    """Gateways by what they begin with, the two others whole."""
    assert is_service(name) is service
