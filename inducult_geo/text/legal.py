"""Strip the legal form of a company from its name, by the tables of its country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from inducult_geo.text.folding import fold_once
from inducult_geo.text.tables import packaged_rows

_LONGEST_FORM: Final = 7
_LONGEST_START: Final = 3
"""Words of a form before a name, at most."""

_JOINERS: Final = frozenset(("&", "+", "-", "–"))
_AROUND: Final = ",;()[]\"'"
_GLUED: Final[Mapping[str, str | None]] = {
    "cokg": "LP",
    "&cokg": "LP",
    "&co": None,
    "+co": None,
    "undco": None,
    "uco": None,
    "&cie": None,
    "mbh": "LLC",
    "gesellschaftmbh": "LLC",
}

UNMISTAKABLE: Final = frozenset(
    ("abp", "asa", "bvba", "doo", "ead", "eood", "gmbh", "inc", "jsc", "kft", "kgaa", "lda", "limited", "ltd", "mbh")
    + ("nyrt", "ood", "oy", "oyj", "plc", "sarl", "sas", "sasu", "sau", "slu", "spa", "spol", "srl", "sro", "uab")
    + ("zrt",)
)
"""Legal forms that mean nothing else wherever they stand ("Wacker GmbH, Werk Burghausen"). At the ends of a name all
forms of its country are left out before."""


@lru_cache(maxsize=200_000)
def _form_key(word: str) -> str:
    """Make the key of a word of a legal form: folded, without dots and brackets."""
    return form_keys(fold_once(word))[0]


def form_keys(folded: str) -> list[str]:
    """Make the keys of words that are folded already, one a line."""
    return [word.strip(_AROUND) for word in folded.replace(".", "").split("\n")]


@dataclass(frozen=True)
class LegalForms:
    """Legal forms of one country: compact key -> generic class, for the end and for the start of a name."""

    end: Mapping[str, str | None]
    start: Mapping[str, str | None]
    dotted: frozenset[str]

    @cached_property
    def tails(self) -> frozenset[str]:
        """What the last word of a name with a form at the end may be: a part of one, a joiner, or signs alone."""
        return frozenset(key[start:] for key in self.end for start in range(len(key))) | _JOINERS | {""}

    @cached_property
    def heads(self) -> frozenset[str]:
        """Everything that the first word of a form at the start may be."""
        return frozenset(key[:end] for key in self.start for end in range(len(key) + 1))


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    """Read the table once."""
    return tuple(packaged_rows("legal_forms.csv"))


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    """Return the countries that the table knows."""
    return frozenset(row["country"] for row in _rows())


def legal_forms(country: str | None) -> LegalForms:
    """Return the legal forms that hold in a country; of a country that the table does not know, those of all."""
    return _legal_forms(country if country in _countries() else None)


@lru_cache(maxsize=256)
def _legal_forms(country: str | None) -> LegalForms:
    """Collect the legal forms that hold in a country of the table; None: those of all countries."""
    end: dict[str, str | None] = dict(_GLUED)
    start: dict[str, str | None] = {}
    short_dotted: set[str] = set()
    short_plain: set[str] = set()
    for row in _rows():
        if country and row["country"] not in (country, "EU"):
            continue
        words = [form for form in (row["name_local"], *row["abbreviations"].split(";")) if form and "," not in form]
        for form in words:
            key = "".join(map(_form_key, form.split()))
            if len(key) < 2:
                continue
            is_state = row["kind"] == "status"
            if row["position"] in ("end", "both") and (len(key) > 2 or row["generic_class"] or is_state):
                end[key] = end.get(key) or row["generic_class"] or None
            # Where any country may be meant, two letters at the start are as often initials ("AB InBev").
            is_meant = bool(country) or len(key) > 2 or key in UNMISTAKABLE
            if is_meant and row["position"] in ("start", "both") and form in row["abbreviations"].split(";"):
                start[key] = start.get(key) or row["generic_class"] or None
            if len(key) == 2:
                (short_dotted if "." in form and (form.islower() or is_state) else short_plain).add(key)
    return LegalForms(end, start, frozenset(short_dotted - short_plain))


def _form_at_end(words: Sequence[str], keys: Sequence[str], forms: LegalForms) -> int:
    """Count the last words that are one legal form, longest first; 0 where none."""
    for count in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        key = "".join(keys[-count:])
        if key in forms.end and (key not in forms.dotted or count > 1 or "." in words[-1] or words[-2].endswith(",")):
            return count
    return 0


def _bounds(words: Sequence[str], forms: LegalForms) -> tuple[int, int, str | None]:
    """Return where a name without legal forms at either end begins and ends, and the outermost class found."""
    keys = [_form_key(word) for word in words]
    start, end = 0, len(words)
    found: str | None = None
    # Only so many words at either end: to copy the others, too, takes minutes where a cell says "SA" without end.
    while end > 1:
        near = slice(max(end - _LONGEST_FORM - 1, 0), end)
        if count := _form_at_end(words[near], keys[near], forms):
            found = found or forms.end["".join(keys[end - count : end])]
            end -= count
        elif not keys[end - 1] or keys[end - 1] in _JOINERS:
            end -= 1
        else:
            break
    while end - start > 1:
        here = keys[start : min(start + _LONGEST_START + 1, end)]
        count = next((n for n in range(_LONGEST_START, 0, -1) if n < len(here) and "".join(here[:n]) in forms.start), 0)
        if not count:
            break
        found = found or forms.start["".join(here[:count])]
        start += count
    return start, end, found


def without_form(words: Sequence[str], country: str | None) -> slice:
    """Return which words of a name are left where its legal form is stripped (see `strip_legal_form`)."""
    start, end, _ = _bounds(words, legal_forms(country))
    return slice(start, end)


def strip_legal_form(name: str, *, country: str | None = None) -> tuple[str, str | None]:
    """Return a name without its legal form, and the class of that form (``LLC``, ``STATE`` ...) or None.

    Forms are those of ``legal_forms.csv`` for the country, and of all countries where the country is unknown, each
    stripped at the end or the start of a name or at both, as the table says (``position``): ``VEB`` and trade prefixes
    stand before a name, in some countries ``SC``, ``AB`` or ``SIA``. A name that is nothing but a legal form stays as
    it is. Where the country is unknown, two letters before a name are initials ("AB InBev"). Stripping twice changes
    nothing more.
    """
    words, forms = name.split(), legal_forms(country)
    if not words or not (_form_key(words[0]) in forms.heads or _form_key(words[-1]) in forms.tails):
        return " ".join(words), None
    start, end, found = _bounds(words, forms)
    return _joined(words[start:end], len(words)), found


def ends_in_form(text: str, country: str) -> bool:
    """Tell at a glance whether a text may end in a legal form of a country: most do not."""
    words = text.rsplit(None, 1)
    return len(words) > 1 and _form_key(words[-1]) in legal_forms(country).tails


def _joined(kept: list[str], count: int) -> str:
    """Join the words that were kept of ``count``; where some went, what joined them goes too."""
    name = " ".join(kept)
    return name if len(kept) == count else name.rstrip(" ,;-–(&+") or name
