"""docs/settings.md and the settings are the same list, and every variable that is read is named there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from deploy.settings import Settings

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/settings.md").read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    """Headings of the third level -> what stands below."""
    parts = re.split(r"^#{2,3} (.*)$", PAGE, flags=re.MULTILINE)
    return {
        name: text for name, text in zip(parts[1::2], parts[2::2], strict=True) if re.fullmatch(r"[a-z0-9_]+", name)
    }


def test_every_setting_has_its_heading_and_every_heading_its_setting() -> None:
    """The page has a section for each setting and for no other."""
    assert set(sections()) == set(Settings.model_fields)


def test_every_default_is_told() -> None:
    """A number or a word that is the default stands in its section."""
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, str | int | float) and default:
            assert str(default).removesuffix(".0") in sections()[name], name


def test_the_sample_file_is_a_file_of_settings() -> None:
    """What the page shows in TOML is accepted."""
    sample = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert sample is not None

    assert Settings(**tomllib.loads(sample[1])).raw_days == 730


def test_every_variable_that_is_read_is_named() -> None:
    """Each `GIROUETTE_*` of code, compose file and tests is a setting or stands on the page."""
    files = [f for folder in ("devices", "gateway", "api", "dashboards", "deploy", "tests") for f in (ROOT / folder).rglob("*")
             if f.suffix in {".py", ".yaml", ".sh", ".service"}]  # fmt: skip
    read = {
        name
        for f in files
        for name in re.findall(r"(?<![A-Z_])GIROUETTE_[A-Z0-9_]*[A-Z0-9]", f.read_text(encoding="utf-8"))
    }
    settings = {f"GIROUETTE_{name.upper()}" for name in Settings.model_fields}

    assert {name for name in read - settings if name not in PAGE and not name.startswith("GIROUETTE_SIM_")} == set()
