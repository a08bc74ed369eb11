"""What the board says of itself: latest wins, never held, not numbered."""

import gc

import slots


class Health:
    """Gathers the figures of the moment from the parts of the board."""

    def __init__(self, board):
        from girouette import crash

        slots.unload("girouette.crash")
        self._board = board
        self.crashed = crash.last()
        self.reset = crash.reset_cause()

    def figures(self) -> dict:
        """The message; the longest step is that since the last one."""
        board = self._board
        watchdog, sender = board.watchdog, board.sender
        told = {
            "up": board.uptime.s(),
            "free": gc.mem_free(),
            "signal": board.link.signal_dbm(),
            "held": len(sender.held.samples),
            "spool": sender.spool.bytes,
            "dropped": board.numbers.dropped,
            "clock": board.clock.source or "none",
            "steps": board.clock.steps,
            "off_ms": board.clock.off_ms,
            "firmware": board.config.firmware,
            "reset": self.reset,
            "faults": {s.name: s.fault for s in board.sensors if s.fault is not None},
            "connects": board.client.connects,
            "step_ms": watchdog.longest_us // 1000,
            "step_task": watchdog.longest_task,
        }
        if board.updates is not None and board.updates.why is not None:
            told["update"] = board.updates.why
        if board.link.told is not None:
            told["wifi"] = board.link.told
        if board.client.trust is not None and board.client.trust.refused is not None:
            told["tls"] = board.client.trust.refused
        if board.inspector.found is not None:
            told["wiring"] = board.inspector.found
        if board.sampler.empty:
            told["empty"] = board.sampler.empty
        if "voltage" in board.sampler.heard:
            told["battery"] = board.sampler.heard["voltage"]
        if self.crashed is not None:
            told["crash"] = self.crashed
        watchdog.longest_us, watchdog.longest_task = 0, ""
        return told
