"""Strip the legal form of a company from its name, by the tables of its country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from inducult_geo.text.folding import fold_once
from inducult_geo.text.tables import packaged_rows

_LONGEST_FORM: Final = 7
_JOINERS: Final = frozenset(("&", "+", "-", "–"))
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


@lru_cache(maxsize=200_000)
def _form_key(word: str) -> str:
    """Make the key of a word of a legal form: folded, without dots and brackets."""
    return fold_once(word).replace(".", "").strip(",;()[]\"'")


@dataclass(frozen=True)
class _LegalForms:
    """Legal forms of one country: compact key -> generic class, for the end and for the start of a name."""

    end: Mapping[str, str | None]
    start: Mapping[str, str | None]
    dotted: frozenset[str]

    @cached_property
    def tails(self) -> frozenset[str]:
        """Everything that the last word of a form at the end may be: a name that ends otherwise has none."""
        return frozenset(key[start:] for key in self.end for start in range(len(key)))

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


@lru_cache(maxsize=256)
def _legal_forms(country: str | None) -> _LegalForms:
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
            if len(key) < 2 or (len(key) == 2 and not row["generic_class"]):
                continue
            if row["position"] in ("end", "both"):
                end[key] = end.get(key) or row["generic_class"] or None
            if row["position"] in ("start", "both") and form in row["abbreviations"].split(";"):
                start[key] = start.get(key) or row["generic_class"] or None
            if len(key) == 2:
                (short_dotted if "." in form and form.islower() else short_plain).add(key)
    return _LegalForms(end, start, frozenset(short_dotted - short_plain))


def _form_at_end(words: Sequence[str], keys: Sequence[str], forms: _LegalForms) -> int:
    """Count the last words that are one legal form, longest first; 0 where none."""
    for count in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        key = "".join(keys[-count:])
        if key in forms.end and (key not in forms.dotted or count > 1 or "." in words[-1] or words[-2].endswith(",")):
            return count
    return 0


def _strip_words(words: list[str], forms: _LegalForms) -> tuple[list[str], str | None]:
    """Return the words without legal forms at either end, and the outermost class found."""
    keys = [_form_key(word) for word in words]
    if keys and keys[-1] and keys[-1] not in forms.tails and keys[0] not in forms.heads and keys[-1] not in _JOINERS:
        return words, None
    found: str | None = None
    while len(words) > 1:
        if count := _form_at_end(words, keys, forms):
            found = found or forms.end["".join(keys[-count:])]
            words, keys = words[:-count], keys[:-count]
        elif not keys[-1] or keys[-1] in _JOINERS:
            words, keys = words[:-1], keys[:-1]
        else:
            break
    while len(words) > 1:
        count = next((n for n in (3, 2, 1) if n < len(words) and "".join(keys[:n]) in forms.start), 0)
        if not count:
            break
        found = found or forms.start["".join(keys[:count])]
        words, keys = words[count:], keys[count:]
    return words, found


def strip_legal_form(name: str, *, country: str | None = None) -> tuple[str, str | None]:
    """Return a name without its legal form, and the class of that form (``LLC``, ``STATE`` ...) or None.

    Forms are those of ``legal_forms.csv`` for the country, and of all countries where the country is unknown. They
    are stripped at the end only, apart from the few (``VEB``, ``PP``, trade prefixes) that stand before a name. A
    name that is nothing but a legal form stays as it is. Stripping twice changes nothing more.
    """
    words = name.split()
    kept, found = _strip_words(words, _legal_forms(country if country in _countries() else None))
    return _joined(kept, len(words)), found


def _joined(kept: list[str], count: int) -> str:
    """Join the words that were kept of ``count``; where some went, what joined them goes too."""
    name = " ".join(kept)
    return name if len(kept) == count else name.rstrip(" ,;-–(&+") or name
