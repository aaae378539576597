"""Downloading a data set into the cache, with the hash of every file checked.

A file that is not published as loaders read it is kept as published, too, and converted; the same
call on a machine that has the published file converts it again without a download.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

from electrolyte_ml.data.catalog import Card, Download, card_of, shipped_cards
from electrolyte_ml.data.conversion import convert
from electrolyte_ml.data.location import data_folders
from electrolyte_ml.errors import DataNotFoundError, InputError
from electrolyte_ml.files import sha256_of

# Folder of published files, beside the converted ones in the cache.
_PUBLISHED = "published"
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


def fetchable_names() -> tuple[str, ...]:
    """Data sets of the package that `fetch` gets without being given an address."""
    return tuple(name for name, card in shipped_cards().items() if card.downloads)


def fetch(
    name: str, *, url: str | None = None, sha256: str | None = None, progress: bool = False
) -> tuple[Path, ...]:
    """Download the files of a data set that are not in the cache already.

    Parameters
    ----------
    name
        A data set of the package.
    url, sha256
        Address and hash of a copy you trust of a set of one file; by default the downloads of the
        dataset card.
    progress
        Show a progress bar for each file on the standard error stream.

    Returns
    -------
    tuple of Path
        The files in the user cache. Nothing is kept of a file whose hash differs; files that came
        before it stay, and the same call goes on from there.

    Raises
    ------
    InputError
        If the set has no known address and none is given, has no file, has several files and one
        address is given, or only one of address and hash is given.
    DataNotFoundError
        If a download fails, or its hash is another one.
    """
    downloads = _downloads(card_of(name), url, sha256)
    return tuple(_retrieve(name, download, progress) for download in downloads)


def _retrieve(name: str, download: Download, progress: bool) -> Path:
    path = data_folders()[-1] / download.file
    if not download.conversion:
        return _fetched(name, download, path, progress)
    suffix = Path(download.url).suffix
    published = path.parent / _PUBLISHED / f"{path.stem}{suffix}"
    convert(download.conversion, _fetched(name, download, published, progress), path)
    if download.file_sha256 and sha256_of(path) != download.file_sha256:
        warnings.warn(
            f"{path} is made of the right file, yet differs in bytes from the one that splits were "
            "frozen with (another version of pandas may write numbers otherwise): suites refuse "
            "frozen splits of it",
            stacklevel=3,
        )
    return path


def _fetched(name: str, download: Download, path: Path, progress: bool) -> Path:
    import pooch

    try:
        file = pooch.retrieve(
            download.url,
            known_hash=f"sha256:{download.sha256}",
            fname=path.name,
            path=path.parent,
            progressbar=progress,
        )
    except ValueError as error:
        raise DataNotFoundError(
            f"{name}: {download.url} does not have the SHA-256 {download.sha256}; "
            f"nothing was kept of {download.file}"
        ) from error
    except OSError as error:
        raise DataNotFoundError(f"{name}: {download.url} cannot be downloaded: {error}") from error
    return Path(file)


def _downloads(card: Card, url: str | None, sha256: str | None) -> tuple[Download, ...]:
    if card.imported or not card.files:
        raise InputError(f"{card.name}: nothing to fetch: {card.obtain}")
    if bool(url) != bool(sha256):
        raise InputError("give --url and --sha256 together: a download is never used unchecked")
    if not url or not sha256:
        if not card.downloads:
            raise InputError(_by_hand(card))
        return card.downloads
    if len(card.files) > 1:
        raise InputError(f"{card.name} has {len(card.files)} files. {_by_hand(card)}")
    if not _SHA256.match(sha256.lower()):
        raise InputError(f"{sha256!r} is no SHA-256: 64 hexadecimal digits")
    return (Download(file=card.files[0], url=url, sha256=sha256.lower()),)


def _by_hand(card: Card) -> str:
    files = " and ".join(card.files)
    if card.downloads:
        return f"'electrolyte-ml data fetch {card.name}' gets them from the addresses of its card"
    way = f"Get it by hand: {card.obtain}. Put {files} into {data_folders()[-1]}"
    if len(card.files) == 1:
        way += ", or give --url and --sha256 of a copy you trust"
    return f"{card.name}: no public address with a known hash. {way}"
