"""A-weighting (IEC 61672-1, annex E) of 24 kHz sound in whole numbers that fit 32 bits, and the sum of its squares.

Each of the four low corners of the curve is a high pass with its pole at 1 - K / 2048 and its zero at 1:
y = x - floor(L / 2048), L = L + K y. L keeps every bit that y loses, so what is rounded away is no more than the last bit of
19, at 12 dB where full scale is 120 dB. The corner at 12.2 kHz is y = x - 7 (x - x1) / 32.
Level at 1 kHz: 1.00 dB too low. tests/devices/sound.py has the reference, and the bounds of every number in here.

The interpreter of the board makes machine code of it (Xtensa and RISC-V), so it must reach the board as source.
"""

from array import array

import micropython

STATE = 9
"""Four times L, the sample before (each 2^30 too great, so that it is never negative), the peak, and the three sums."""


def fresh() -> array:
    """A filter at rest."""
    return array("i", [1073741824] * 5 + [0] * (STATE - 5))


def energy(state) -> float:
    """The sum of squares that the filter has gathered, in units of one of 19 bits; the next one starts at 0."""
    found = state[6] * 1048576.0 + state[7] * 2048.0 + state[8]
    state[6] = state[7] = state[8] = 0
    return found


@micropython.viper
def weigh(samples: ptr16, count: int, state: ptr32):
    """Weigh this many samples of 32 bits, 2000 at most, the 24 upper ones in use, and add up their squares."""
    one = 1
    zero = one << 30
    l1, l2 = int(state[0]) - zero, int(state[1]) - zero
    l3, l4 = int(state[2]) - zero, int(state[3]) - zero
    before, peak = int(state[4]) - zero, int(state[5])
    high, cross, low = int(state[6]), int(state[7]), int(state[8])
    at = 0
    while at < count:
        x = (((int(samples[at + at + 1]) ^ 0x8000) - 0x8000) << 3) | (int(samples[at + at]) >> 13)
        at += 1
        y = x - ((x - before) * 7 >> 5)
        before = x
        if x < 0:
            x = 0 - x
        if x > peak:
            peak = x
        y -= l1 >> 11
        l1 += y * 360
        y -= l2 >> 11
        l2 += y * 57
        y -= l3 >> 11
        l3 += y * 11
        y -= l4 >> 11
        l4 += y * 11
        if y < 0:
            y = 0 - y
        up, down = y >> 10, y & 1023
        high += up * up
        cross += up * down
        low += down * down
    state[0], state[1] = l1 + zero, l2 + zero
    state[2], state[3] = l3 + zero, l4 + zero
    state[4], state[5] = before + zero, peak
    state[6], state[7], state[8] = high, cross, low
