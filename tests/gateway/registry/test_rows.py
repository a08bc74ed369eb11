"""The registry's values."""

from __future__ import annotations

from gateway.registry import Calibration


def test_a_calibration_is_called_by_method_and_version() -> None:
    """The name that stands beside each corrected value."""
    one = Calibration(7, "air-1", "pm2_5", "linear", 7, 0, None, {"slope": 1.0}, {}, 1, None)

    assert one.name == "linear@7"
