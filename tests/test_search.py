"""Search beyond ASCII: the same rows on every database, by Unicode's simple case mapping."""

import json
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from spacecraft.models import Country, SpacecraftStatus
from spacedevs.ids import FIRST_OWN as FIRST
from spacedevs.lookups import check_capitals, upper
from tests.conftest import fresh_database, run


def found(api: Client, name: str, search: str) -> bool:
    """Whether a row of that name is found."""
    SpacecraftStatus.objects.filter(pk=1).update(name=name)
    rows = json.loads(api.get("/2.3.0/config/spacecraft_statuses/", {"search": search}).content)
    return 1 in [row["id"] for row in rows["results"]]


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("straße", "STRAßE"),
        ("ﬀ", "ﬀ"),
        ("λόγος", "ΛΌΓΟΣ"),
        ("ΛΌΓΟΣ", "λόγος"),  # both forms of a small sigma have one capital
        ("ᾳ", "ᾼ"),
        ("ǆ", "ǅ"),
        ("μ", "µ"),  # the micro sign's capital is that of mu
        ("ı", "i"),  # both have the capital I
        ("ſ", "s"),
        ("ა", "Ა"),
        ("𐐨", "𐐀"),
    ],
)
def test_letters_with_the_same_capital_find_each_other(api: Client, name: str, search: str) -> None:
    assert found(api, name, search)
    assert found(api, search, name)


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("ss", "ß"),
        ("ß", "ẞ"),  # a capital, but not the one that ß is given
        ("ff", "ﬀ"),
        ("αι", "ᾳ"),
        ("ʼn", "ŉ"),
        ("i", "İ"),
        ("é", "e"),  # accents count
    ],
)
def test_letters_with_other_capitals_do_not(api: Client, name: str, search: str) -> None:
    assert not found(api, name, search)
    assert not found(api, search, name)


def pairs() -> Iterator[tuple[str, str]]:
    """Each letter that has a case with each of its forms.

    The letters of Unicode 3.2: every Python and every C library knows them, and what they become.
    """
    for letter in map(chr, range(0x10000)):
        forms = {letter.upper(), letter.lower(), letter.title(), letter.casefold()}
        if unicodedata.ucd_3_2_0.category(letter) != "Cn" and forms != {letter}:
            yield from ((letter, form) for form in sorted(forms))


@pytest.fixture
def known(db: None) -> list[tuple[str, str]]:
    """The pairs, each in a row: what is searched for, and the name that is searched."""
    rows = enumerate(pairs(), FIRST)
    Country.objects.bulk_create(
        Country(pk=pk, name=form, nationality_name=letter) for pk, (letter, form) in rows
    )
    return list(pairs())


def matches(lookup: str) -> set[tuple[str, str]]:
    rows = Country.objects.filter(pk__gte=FIRST, **{f"name__{lookup}": F("nationality_name")})
    return set(rows.values_list("nationality_name", "name"))


def test_every_letter_finds_the_forms_of_it_that_have_its_capital(
    known: list[tuple[str, str]],
) -> None:
    expected = {(letter, form) for letter, form in known if upper(letter) in upper(form)}
    assert len(expected) > 3000
    assert matches("icontains") == expected


def test_contains_heeds_the_case_of_every_letter(known: list[tuple[str, str]]) -> None:
    assert matches("contains") == {(letter, form) for letter, form in known if letter in form}


# A database whose locale knows other capitals


@pytest.mark.django_db
def test_the_suites_database_makes_the_capitals_that_search_needs() -> None:
    assert check_capitals(databases=["default"]) == []


def test_prepare_warns_of_a_postgresql_that_knows_the_case_of_ascii_alone(tmp_path: Path) -> None:
    options = "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    with fresh_database(tmp_path, options) as env:
        done = run({**os.environ, **env}, "prepare")
    assert done.returncode == 0
    warned = "makes 'éяß' of 'éяß', and not 'ÉЯß'" in done.stderr
    assert warned == (connection.vendor == "postgresql")
