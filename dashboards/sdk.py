"""Grafana's own builders and models. The classic dashboard is on purpose: Grafana refuses files of the newer schema."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    from grafana_foundation_sdk.builders import common as parts
    from grafana_foundation_sdk.builders import dashboard as build
    from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.variants import Dataquery
    from grafana_foundation_sdk.models import common, dashboard

__all__ = [
    "Dataquery", "JSONEncoder", "build", "common", "dashboard", "parts", "stat", "statetimeline", "table", "timeseries",
]  # fmt: skip
