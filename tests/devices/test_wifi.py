"""Networks that a board is told of: those that it cannot join are refused with a sentence."""

from __future__ import annotations

import pytest

from devices.refusal import ImageError
from devices.wifi import check_network, is_address

HALL = {"ssid": "Mairie", "password": "une bonne clé"}
REFUSED = {
    "wifi_enterprise": {**HALL, "user": "agent"},
    "bad_ssid": {**HALL, "ssid": "é" * 17},
    "bad_wifi_key": {**HALL, "password": "court"},
    "bad_static": {**HALL, "static": ["192.168.1.20", "255.255.255.0", "192.168.1.1"]},
}


@pytest.mark.parametrize("key", REFUSED)
def test_a_network_that_no_board_can_join_is_refused(key: str) -> None:
    """WPA2-Enterprise, impossible names and keys, half an address: each has its sentence, in both languages."""
    with pytest.raises(ImageError) as refused:
        check_network(REFUSED[key])

    assert refused.value.key == key
    assert refused.value.said("fr") != refused.value.said("en")


def test_what_a_board_can_join_passes() -> None:
    """With a key, without one, and with an address of its own."""
    check_network(HALL)
    check_network({"ssid": "é" * 16, "password": ""})
    check_network({**HALL, "static": ["192.168.1.20", "255.255.255.0", "192.168.1.1", "9.9.9.9"]})


def test_an_address_is_four_numbers() -> None:
    """Each from 0 to 255, in decimal."""
    assert is_address("0.0.0.255")
    assert not any(map(is_address, ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", "1..2.3", "0001.2.3.4", 7]))
