import pytest

from electrolyte_ml.data.cards import Card, card_of, shipped_cards
from electrolyte_ml.data.properties import property_kinds
from electrolyte_ml.errors import InputError

CARDS = shipped_cards().values()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_tells_what_a_reader_needs(card):
    assert card.title
    assert card.licence
    assert card.citation
    assert card.obtain
    assert card.traps
    assert set(card.properties) <= property_kinds().keys()
    assert bool(card.url) == bool(card.sha256)


def test_an_address_without_a_hash_is_refused():
    with pytest.raises(ValueError, match="needs a hash"):
        Card(
            name="x",
            title="x",
            files=("x.csv",),
            properties=("density_g_cm3",),
            licence="x",
            citation="x",
            obtain="x",
            url="https://example.org/x.csv",
        )


def test_an_unknown_set_is_refused_with_all_names(imported_folder):
    with pytest.raises(InputError, match="there are calisol23"):
        card_of("calisol")
