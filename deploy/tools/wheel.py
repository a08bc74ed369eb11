"""What hatchling does besides packing: the bundle of the atelier travels in the wheel, so that its user needs no Node."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AtelierHook(BuildHookInterface[Any]):
    """Builds the bundle for a wheel or a source archive; an editable install goes without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Afterwards the bundle is there, and is packed though git ignores it. Raises AtelierError where it cannot be built."""
        if version == "editable":
            return
        atelier = beside("atelier")
        atelier.build(Path(self.root))
        build_data["artifacts"].append(f"/{atelier.BUNDLE.as_posix()}")


def beside(name: str) -> ModuleType:
    """A module of this folder: while the wheel is built, nothing of ours is installed yet."""
    spec = importlib.util.spec_from_file_location(f"girouette_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
