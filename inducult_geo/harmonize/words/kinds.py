"""What kind of works a row is: words for trades, codes in public schemes, and what the name tells beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple

import pandas as pd

from inducult_geo.catalog.models import MUSEUM_THEME, Contract
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.words.meanings import Meanings
from inducult_geo.harmonize.words.notices import Notices
from inducult_geo.harmonize.words.plain import cells_of, texts_of
from inducult_geo.harmonize.words.vocabulary import (
    GENERIC_TYPES,
    LISTED,
    SCHEMES,
    Sector,
    Vocabulary,
    finest,
    nace_code,
)
from inducult_geo.text import clean_text, known_text, named_text, of_each, says_unknown

_UNSPECIFIED: Final = GENERIC_TYPES | {"industrial_building", "industrial_area"}
"""Types of works, of their buildings and of their land, of which nothing is told but that they are that."""

_NAMES_OF_ALL: Final = frozenset({"ironworks"})
"""Types whose words are in the names of other works of their branch, too ("Huta Aluminium")."""

_BURN_LIME: Final = {"sugar_factory": frozenset({"cement_works", "lime_kiln"})}
"""Type that a name tells -> types of branches that such works are in for a kiln of theirs (sugar is made with lime)."""


def types_and_themes(
    rows: pd.DataFrame,
    contract: Contract,
    countries: Sequence[str | None],
    vocabulary: Vocabulary,
    notices: Notices,
) -> tuple[list[str | None], list[str | None]]:
    """Return type and theme of each raw row: by its words for kinds, its codes in public schemes, and its name.

    Parameters
    ----------
    rows
        Raw rows: `type`, `sector`, `sector:<scheme>`, `nace`, `theme`, `name`, `city`, as far as there.
    countries
        ISO code of each row: what short words mean depends on it.
    notices
        Where words and codes that mean nothing are noted.

    Raises
    ------
    ContractError
        Where the contract names a scheme that nobody knows.
    """
    types: list[str | None] = []
    themes: list[str | None] = []
    for kind, sector, raw_theme, name, coded, country, city in zip(
        *(_trades(rows, column, Meanings(contract, column), vocabulary) for column in ("type", "sector")),
        *(texts_of(rows, column, read) for column, read in (("theme", clean_text), ("name", named_text))),
        _coded_sectors(rows, contract, vocabulary, notices),
        countries,
        texts_of(rows, "city", named_text),
        strict=True,
    ):
        for column, trade in (("type", kind), ("sector", sector)):
            if trade.unmapped and (column == "type" or kind.type is None):
                notices.add("unmapped_value", column, trade.unmapped)
        found = told = kind.type or sector.type or coded.type
        if name and (kind.type is None or kind.type in _UNSPECIFIED):
            found = _refined(told, vocabulary.guess_type(name, country, city), coded.works, vocabulary)
        types.append(found)
        stated = vocabulary.map_theme(raw_theme)
        if raw_theme and stated is None and not says_unknown(raw_theme):
            notices.add("unmapped_value", "theme", raw_theme)
        if found != told and stated == vocabulary.theme_of(told):
            stated = None
        themes.append(stated or _theme(found, (kind, sector, coded), vocabulary))
    return types, themes


def _theme(found: str | None, said: Iterable[_Trade | Sector], vocabulary: Vocabulary) -> str | None:
    """Return the theme of a type; of works of no special one ("factory") that of the branch which is told beside it."""
    theme = vocabulary.theme_of(found)
    if found and found not in GENERIC_TYPES and theme:
        return theme
    return next((one.theme for one in said if one.theme), theme)


def _refined(told: str | None, guessed: str | None, works: str | None, vocabulary: Vocabulary) -> str | None:
    """Return the type that a name tells where the source tells none, or only what all works of a branch are.

    A branch says less than a name that fits it: lime works are among "Cement", rolling mills among "Iron and steel";
    but a smelter may be called a "Huta" (the `works` of its class of NACE tell), and a paper mill a
    "Mill". Works are no museum by their name.
    """
    theme = vocabulary.theme_of(guessed)
    if told in {None, *_UNSPECIFIED} and guessed in _NAMES_OF_ALL and theme == vocabulary.theme_of(works):
        return works
    if told is None or guessed is None:
        return guessed or told
    if told in _BURN_LIME.get(guessed, ()):
        return guessed
    if told in _UNSPECIFIED:
        return told if theme == MUSEUM_THEME or guessed in GENERIC_TYPES else guessed
    return guessed if theme == vocabulary.theme_of(told) and guessed not in _NAMES_OF_ALL else told


class _Trade(NamedTuple):
    """What a word for a trade means: a type, or a theme where the contract says no more; else the word itself."""

    type: str | None = None
    theme: str | None = None
    unmapped: str | None = None


def _trades(rows: pd.DataFrame, column: str, meanings: Meanings, vocabulary: Vocabulary) -> list[_Trade]:
    """Return what each cell of a column of words for trades means; the contract decides first."""
    told = cache(partial(_trade, vocabulary))

    def meant_by(cell: Any) -> _Trade:
        text, meant = clean_text(cell), meanings.of(cell)
        parts = [part for part in text.split(";") if part.strip()] if text and meant is None and ";" in text else []
        said = [_meant_trade(meanings.of(part), clean_text(part), told, vocabulary) for part in parts]
        return _of_several(said, vocabulary) or _meant_trade(meant, text, told, vocabulary)

    return of_each(cells_of(rows, column), meant_by)


def _meant_trade(meant: str | None, text: str | None, told: Callable[[str], _Trade], vocabulary: Vocabulary) -> _Trade:
    """Return what a cell says of a trade: what the contract says that it means, else what its words do."""
    if meant is not None:
        return _Trade(theme=meant) if meant in vocabulary.themes else _Trade(meant or None)
    return _Trade() if text is None or says_unknown(text) else told(text)


def _of_several(said: Sequence[_Trade], vocabulary: Vocabulary) -> _Trade | None:
    """Return the one kind of works of which several values of a cell tell; None where they tell of none, or of two.

    That works are a museum now, or a monument, says less than what they were.
    """
    types = {trade.type for trade in said if trade.type}
    works = {found for found in types if vocabulary.theme_of(found) != MUSEUM_THEME} - GENERIC_TYPES
    found = finest(works or types)
    return _Trade(found.pop()) if len(found) == 1 else None


def _trade(vocabulary: Vocabulary, text: str) -> _Trade:
    """Return what a text says of a trade: a type, else a branch; of several branches none is the site's one."""
    found = vocabulary.map_type(text)
    parts = [text] if vocabulary.map_theme(text) else [part for part in LISTED.split(text) if part.strip()]
    branches = {vocabulary.map_theme(part) or vocabulary.theme_of(vocabulary.map_type(part)) for part in parts}
    if found and branches <= {None, vocabulary.theme_of(found)}:
        return _Trade(found)
    theme = branches.pop() if len(branches) == 1 else None
    return _Trade(theme=theme, unmapped=None if theme else text)


def _coded_sectors(rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: Notices) -> list[Sector]:
    """Return what each row's code in a public scheme means (columns `sector:<scheme>` and `nace`), the finest first."""
    schemes = _schemes(rows)
    for column, scheme in schemes.items():
        if not vocabulary.knows_scheme(scheme):
            known = ", ".join(sorted(SCHEMES))
            raise ContractError(f"{contract.declared_in}: [columns] {column}: no such scheme. Known: {known}.")
    found = [Sector(None, None)] * len(rows)
    for column, scheme in (schemes | {"nace": "nace"}).items():
        if column not in rows:
            continue
        for n, code in enumerate(texts_of(rows, column)):
            meant = vocabulary.map_sector(scheme, code)
            if meant is None and code and column != "nace":
                notices.add("unmapped_value", column, code)
            if meant is not None and found[n].theme is None:
                found[n] = meant
    return found


def codes_of_nace(rows: pd.DataFrame) -> list[str | None]:
    """Return each row's code of NACE: the one that is stated as such, else that of a column of its scheme."""
    codes: list[str | None] = [None] * len(rows)
    for column, scheme in ({"nace": "nace"} | _schemes(rows)).items():
        cells = zip(codes, texts_of(rows, column, known_text), strict=True)
        codes = [code or (cell and nace_code(scheme, cell)) for code, cell in cells]
    return codes


def _schemes(rows: pd.DataFrame) -> dict[str, str]:
    """Return the columns of codes in public schemes (`sector:<scheme>`), each with its scheme."""
    return {name: name.removeprefix("sector:") for name in map(str, rows) if name.startswith("sector:")}
