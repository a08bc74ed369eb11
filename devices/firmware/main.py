"""Second file that the board runs: the application, and what becomes of it when it fails: a note, a pause, a reset."""

import time

import machine

import girouette.sender  # the longest file is compiled first, while the heap is empty: 12 kB less are needed
from girouette import app, crash

try:
    app.run()
except Exception as error:  # the one broad catch on the board: it restarts, and tells why in `health`
    crash.note(error)
    time.sleep(3)
machine.reset()
