"""A record as a blob that says which version it is: another version is no record."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Form:
    """How records of one dtype are kept: a head with version and size, then the record as it lies in memory."""

    dtype: np.dtype[np.void]
    version: int
    head: struct.Struct

    def pack(self, row: np.void) -> bytes:
        """The record as a blob."""
        return self.head.pack(self.version, self.dtype.itemsize) + row.tobytes()

    def unpack(self, blob: bytes) -> np.void | None:
        """The record of a blob, or None when it is of another version."""
        whole = len(blob) == self.head.size + self.dtype.itemsize
        if not whole or self.head.unpack_from(blob) != (self.version, self.dtype.itemsize):
            return None
        rows: NDArray[np.void] = np.frombuffer(blob, self.dtype, 1, self.head.size).copy()
        row: np.void = rows[0]
        return row
