"""Find the key column of an unknown table, name alternatives, and say why a column that is called a key is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from inducult_geo.drafting.column import Column, any_of, found_in
from inducult_geo.drafting.columns import RULES
from inducult_geo.drafting.text import comment, quoted, short
from inducult_geo.text import counted

_MOSTLY = 0.8
_FEW = 3
_KEY = any_of("id", "nr", "key", "code", "kod", "uid", "uuid", "fid", "number", "numer", "nummer", "ref", "gppd_idnr",
              "inspireid", "facilityid", "facilityreportid", "h_id", "rijksmonnr", "censimp", "eic_code", "rec_id",
              "row", "_id", "esd", "lfd", "evid", "sifra", "broj", "numero", "codice",
              "kennung", "inv", "signatura", "sygnatura", "signatur", "cod", "azonosító", "sorszám",
              "číslo", "oznaka", "številka", "kenmerk", "identifiant", "numéro",
              r"št\.?", "lp", r"po?[rř]?\. ?č\.?", "volgnr", "objektid", "objectid", "objektnr", "kulturgutid",
              "kennziffer", "objdoknr", "aktenzeichen", "scheda",
              "identyfikator", "identifikator", "identifier", "ident", r"katalogové č\.?",
              whole=("n", r"n\.", "n°", "no", r"no\.", r"l\. ?p\.", "č", r"č\.", r"r\. ?br\.?"))  # fmt: skip

_LAND = any_of("parcel", "parcela", "parcelní", r"parc\. ?č\.?", "parcelle", "flurstück", "flurnummer", "flst", "gst",
               "grundstück", "grundstücks", r"nr dz\.", "działka", "działki", "particella", "mappale", "foglio",
               "čestica", "čestice", "perceel", "perceelnummer", "kadaster", "kadastraal", "cadastre",
               "cadastral", "catasto", "katastr", "katastrální", r"k\. ?ú\.?")  # fmt: skip
"""Words for a piece of land: several works stand on one, and it is numbered anew when it is parted."""


def _is_fraction(cell: str) -> bool:
    """Whether a cell is a number with decimals: a measure, no key."""
    return re.fullmatch(r"[-+]?\d+[.,]\d+", cell) is not None and not cell.endswith((".0", ",0"))


def key_of(columns: Iterable[Column]) -> tuple[Column | None, list[str]]:
    """Return the column that looks like the key, and the names of all that could be.

    The first that is named so, but one that only numbers the rows last: with the next file each row has another number.
    """
    unique = [column for column in columns if column.is_key and not column.share(_is_fraction)]
    named = [column for column in unique if _is_named_key(column)]
    named.sort(key=lambda column: (column.is_counter, column.is_called_row))
    return (named[0] if named else None), [column.name for column in unique]


def _is_named_key(column: Column) -> bool:
    is_postcode = any(rule.fits(column) for rule in RULES if rule.field == "postcode")
    if is_postcode or found_in(_LAND, column.name) is not None:
        return False
    return found_in(_KEY, column.name) is not None or is_heritage_number(column)


def is_heritage_number(column: Column) -> bool:
    """Whether a column looks like the numbers of a register of monuments, which are its key as well."""
    return any(rule.names(column) for rule in RULES if rule.field == "heritage_ref")


def doubled_keys_of(columns: Iterable[Column]) -> list[Column]:
    """Return the columns that are named like a key and nearly are one: a few values stand twice, or a few are lacking.

    Half of the values of a year, or of the code of a county, are not different.
    """
    return [
        column
        for column in columns
        if not column.is_key
        and len(column.cells) > _FEW
        and len(column.cells) >= _MOSTLY * column.rows
        and len(set(column.cells)) >= _MOSTLY * len(column.cells)
        and not column.share(_is_fraction)
        and _is_named_key(column)
    ]


def key_lines(key: Column | None, unique: list[str], doubled: Sequence[Column]) -> list[str]:
    """Write the key, and what else may be it where it is in doubt: one that numbers the rows changes with each file."""
    others = [f"# key = {quoted(name)} # different in every row" for name in unique if not key or name != key.name][:5]
    told_of = [line for column in doubled[:_FEW] for line in _doubled_lines(column)]
    if key is None:
        none = "No column that is named like a key is one" if doubled else "No column is named like a key"
        return [comment(f"{none}: until one is set, rows are recognized by their content."), *told_of, *others]
    told = f"key = {quoted(key.name)} # guessed: filled and different in every row"
    if not (key.is_counter or key.is_called_row):
        return [told, *told_of]
    instead = "take another" if others else "ask the sender for a key that never changes"
    counts = comment(f"If it only numbers the rows, the next file will have other numbers: {instead}.")
    return [told, counts, *told_of, *others]


def _doubled_lines(column: Column) -> list[str]:
    """Offer a column that is named like a key, and say why it was not taken: what stands twice, how many lack it."""
    twice = [(value, number) for value, number in Counter(column.cells).most_common() if number > 1]
    told, lacking = [], column.rows - len(column.cells)
    if twice:
        stand = f"{counted(len(twice), 'value')} {'stands' if len(twice) == 1 else 'stand'} in several rows"
        told.append(f"{stand}, e.g. {short(twice[0][0])} in {twice[0][1]}, told apart by their order alone")
    if lacking:
        told.append(f"{counted(lacking, 'row')} without one would be rejected")
    return [
        comment(
            f"{short(column.name)} has the name of a key, but {'; '.join(told)}. Ask the sender to correct that, "
            "then use:"
        ),
        f"# key = {quoted(column.name)}",
    ]
