import re

import pytest

from electrolyte_ml.data.catalog import card_of, shipped_cards
from electrolyte_ml.data.location import data_path
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import sha256_of
from electrolyte_ml.properties import measurable_properties

CARDS = shipped_cards().values()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_tells_what_a_reader_needs(card):
    assert card.title
    assert card.licence
    assert card.citation
    assert card.obtain
    assert card.traps
    assert set(card.properties) <= measurable_properties().keys()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_downloads_are_fixed_versions_of_its_files_with_a_hash(card):
    for download in card.downloads:
        assert re.fullmatch(r"[0-9a-f]{64}", download.sha256)
        assert re.search(r"/[0-9a-f]{40}/", download.url)
    assert not card.downloads or set(card.files) <= {d.file for d in card.downloads}


@pytest.mark.full_data
def test_downloads_are_the_bytes_that_models_were_trained_on():
    downloads = [download for card in CARDS for download in card.downloads]
    assert downloads
    for download in downloads:
        expected = download.file_sha256 or download.sha256
        assert sha256_of(data_path(download.file)) == expected, download.file


def test_an_unknown_set_is_refused_with_all_names(imported_folder):
    with pytest.raises(InputError, match="there are calisol23"):
        card_of("calisol")
