"""Downloading a data set into the cache, with its hash checked."""

from __future__ import annotations

import re
from pathlib import Path

from electrolyte_ml.data.cards import Card, card_of
from electrolyte_ml.data.location import data_folders
from electrolyte_ml.errors import DataNotFoundError, InputError

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


def fetch(name: str, *, url: str | None = None, sha256: str | None = None) -> Path:
    """Download the file of a data set, unless it is in the cache already.

    Parameters
    ----------
    name
        A data set of the package.
    url, sha256
        Address and hash of a copy you trust; by default those of the dataset card.

    Returns
    -------
    Path
        The file in the user cache; nothing is left there if the hash differs.

    Raises
    ------
    InputError
        If the set has no verified address and none is given, has several files or none, or only
        one of address and hash is given.
    DataNotFoundError
        If the download fails, or its hash is another one.
    """
    card = card_of(name)
    address, digest = _address(card, url, sha256)
    import pooch

    folder = data_folders()[-1]
    try:
        file = pooch.retrieve(
            address,
            known_hash=f"sha256:{digest}",
            fname=card.files[0],
            path=folder,
            progressbar=False,
        )
    except ValueError as error:
        raise DataNotFoundError(
            f"{name}: {address} does not have the SHA-256 {digest}; nothing was kept"
        ) from error
    except OSError as error:
        raise DataNotFoundError(f"{name}: {address} cannot be downloaded: {error}") from error
    return Path(file)


def _address(card: Card, url: str | None, sha256: str | None) -> tuple[str, str]:
    if card.imported or not card.files:
        raise InputError(f"{card.name}: nothing to fetch: {card.obtain}")
    if bool(url) != bool(sha256):
        raise InputError("give --url and --sha256 together: a download is never used unchecked")
    address, digest = url or card.url, (sha256 or card.sha256).lower()
    if not address:
        raise InputError(_by_hand(card))
    if len(card.files) > 1:
        raise InputError(f"{card.name} has {len(card.files)} files. {_by_hand(card)}")
    if not _SHA256.match(digest):
        raise InputError(f"{sha256!r} is no SHA-256: 64 hexadecimal digits")
    return address, digest


def _by_hand(card: Card) -> str:
    files = " and ".join(card.files)
    return (
        f"{card.name}: no public address with a verified hash is known. Get it by hand: "
        f"{card.obtain}. Put {files} into {data_folders()[-1]}, or give --url and --sha256 of a "
        "copy you trust"
    )
