"""`girouette demo`: a whole pilot on one machine, with real firmware, a real broker and a count at the end."""

from deploy.demo.begin import demo
from deploy.demo.options import DemoError, DemoOptions, duration_s, kills

__all__ = ["DemoError", "DemoOptions", "demo", "duration_s", "kills"]
