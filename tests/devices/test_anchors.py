"""The authorities that a board trusts, as its image has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tls

from deploy.certificates import fresh_key, server_certificate
from devices.anchors import MOST, anchor_files, configured, read_anchors, since
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.refusal import ImageError

FIRST, NEXT = tls.authority(), tls.authority(2, made=tls.MADE.replace(year=2034))
AIR_1 = Identity("air-1", shard_of("air-1"), "air-1", "secret", "10.0.0.2", 8883)


def test_an_image_has_the_certificates_and_says_so() -> None:
    """They lie in `anchors/`; the configuration names them, the broker's name, and from when on the newest exists."""
    identity = replace(AIR_1, anchors=(tls.anchor(FIRST), tls.anchor(NEXT)), tls_name="broker.example")

    image = build_image([load_recipes()["air"]], identity)
    told = image.told

    assert image.files["/anchors/1.der"] == tls.anchor(FIRST)
    assert image.files["/anchors/2.der"] == tls.anchor(NEXT)
    assert told["anchors"] == ["anchors/1.der", "anchors/2.der"]
    assert told["tls_name"] == "broker.example"
    assert told["trusted_since"] == int(tls.MADE.replace(year=2034).timestamp()) == since(tls.anchor(NEXT))


def test_an_image_without_any_has_nothing_of_it() -> None:
    """A board without anchors speaks plainly, as ever."""
    image = build_image([load_recipes()["air"]], AIR_1)

    assert not any("anchors" in path for path in image.files)
    assert not {"anchors", "trusted_since", "tls_name"} & set(image.told)


def test_what_is_no_authority_is_refused() -> None:
    """Bytes that are no certificate, a server's certificate, one of PEM, and too many."""
    server = server_certificate(fresh_key(), ["localhost"], FIRST, until=tls.LATER)
    for wrong in (b"", b"no certificate", server.public_bytes(tls.DER), FIRST.certificate.public_bytes(tls.PEM)):
        with pytest.raises(ImageError, match="authority"):
            configured([wrong])
    with pytest.raises(ImageError, match="room for 4"):
        configured([tls.anchor(FIRST)] * (MOST + 1))


def test_a_folder_of_them_is_read_by_name(tmp_path: Path) -> None:
    """Without any it is refused: a board that trusts nobody connects to nobody."""
    with pytest.raises(ImageError, match="no authority"):
        read_anchors(tmp_path)
    for path, content in anchor_files([tls.anchor(FIRST), tls.anchor(NEXT)]).items():
        (tmp_path / Path(path).name).write_bytes(content)

    assert read_anchors(tmp_path) == (tls.anchor(FIRST), tls.anchor(NEXT))
