"""The inbox's port: every adapter has its methods, with its parameters."""

from __future__ import annotations

import inspect

from gateway.inbox.mqtt import MqttInbox
from gateway.inbox.port import Inbox


def test_the_adapter_has_the_ports_methods() -> None:
    """Each method of the port is there under its name and with its parameters."""
    asked = {name: method for name, method in vars(Inbox).items() if inspect.isfunction(method) and name[0] != "_"}

    assert set(asked) == {"run", "batches", "acknowledge", "send", "receipts", "ready"}
    for name, method in asked.items():
        assert list(inspect.signature(getattr(MqttInbox, name)).parameters) == list(
            inspect.signature(method).parameters
        )
