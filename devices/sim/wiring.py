"""Which model sits where: each sensor of `config.json` has a model of the same name, at the place where it is wired."""

import errno

from world import the_world

_models = {}
ZEROS = bytes(64)
FULL_MV = 3300


def model_of(sensor: dict):
    """The model of one sensor of the configuration, made once; two of a kind are told apart by what they feed."""
    name, first = sensor["driver"], sensor["channels"][0]["n"]
    if first not in _models:
        channels = {c["key"]: c["n"] for c in sensor["channels"]}
        module = __import__("models." + name, None, None, ("Model",))
        _models[first] = module.Model(the_world, name, channels)
    return _models[first]


def _find(kind: str, **place):
    for sensor in the_world.config.get("sensors", ()):
        bus = sensor["bus"]
        if bus["kind"] == kind and all(bus.get(k) == place[k] for k in place):
            return model_of(sensor)
    return None


def find_i2c(number: int, address: int):
    """The chip at this address of this bus; ENODEV where none answers. One that was unplugged forgets what it was told."""
    model = _at_address(number, address)
    if model is None or the_world.silent(model.name) or crossed():
        if hasattr(model, "power_on"):
            model.power_on()
        raise OSError(errno.ENODEV)
    return model


def _at_address(number: int, address: int):
    """The chip that is at an address: the one that the configuration has there, unless it sits at another (`moved`, `to`)."""
    for sensor in the_world.config.get("sensors", ()):
        bus = sensor["bus"]
        if bus["kind"] == "i2c" and bus["id"] == number:
            moved = the_world.fault("moved", "sensor", sensor["driver"])
            if address == (bus["addr"] if moved is None else moved["to"]):
                return model_of(sensor)
    return None


def crossed() -> bool:
    """Are the two lines of the I2C buses exchanged?"""
    return the_world.fault("crossed", "board", "") is not None


def find_on_pins(scl: int, sda: int, address: int) -> None:
    """Somebody who answers at this address on these two pins, exchanged or not; ENODEV where nobody does."""
    for sensor in the_world.config.get("sensors", ()):
        bus = sensor["bus"]
        if bus["kind"] == "i2c" and bus["addr"] == address and not the_world.silent(sensor["driver"]):
            lines = (bus["sda"], bus["scl"]) if crossed() else (bus["scl"], bus["sda"])
            if lines == (scl, sda):
                return
    raise OSError(errno.ENODEV)


def find_uart(number: int, baud: int):
    """What speaks at the other end of this line; silence where nothing does, or at another speed."""
    return _find("uart", id=number, baud=baud) or Silence()


def find_adc(pin: int):
    """What drives this pin; a pin in the air is drawn to ground."""
    return _find("adc", pin=pin) or Ground()


def most_uv(pin: int) -> int:
    """How far this pin's converter reads on the kind of board that the configuration is for."""
    buses = (sensor["bus"] for sensor in the_world.config.get("sensors", ()))
    return 1000 * min((bus.get("full_mv", FULL_MV) for bus in buses if bus.get("pin") == pin), default=FULL_MV)


def find_pulse(pin: int):
    """The contact at this pin, or None."""
    return _find("pulse", pin=pin)


def find_echo(**pin):
    """The ultrasonic sensor whose `trig` or `echo` is this pin, or None."""
    return _find("echo", **pin)


def find_onewire(pin: int):
    """The probe on this wire, or a wire that nobody is on."""
    return _find("onewire", pin=pin) or Silence()


def find_i2s(number: int):
    """The microphone on this peripheral, or a line that nothing drives."""
    return _find("i2s", id=number) or Silence()


class Silence:
    """A line without a sender."""

    def sent(self) -> bytes:
        """Nothing."""
        return b""

    def clocked(self, hertz: int) -> None:
        """Nobody hears the clock."""

    def reset(self) -> bool:
        """Nobody is there."""
        return False

    def take(self, order: int) -> None:
        """Nobody listens."""

    def bit(self) -> int:
        """A wire that is pulled up."""
        return 1

    def fill(self, samples, since_s: float) -> None:
        """Nothing, at the level of ground."""
        silence(samples)


class Ground:
    """A pin that nothing drives."""

    def microvolts(self) -> int:
        """Nothing."""
        return 0


def silence(samples) -> None:
    """Write zeros."""
    for at in range(0, len(samples), len(ZEROS)):
        samples[at : at + len(ZEROS)] = ZEROS[: len(samples) - at]
