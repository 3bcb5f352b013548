"""Find the encoding of a text without a byte order mark: valid UTF-8 is UTF-8, the others are weighed.

One-byte encodings decode anything. So each is judged by what it makes of the bytes above ASCII: a mixture of the
languages of Europe, in Latin, Cyrillic and Greek letters, is fitted to the letters that it shows (expectation and
maximization), and the encoding whose letters surprise the least wins, less a fine for every language that it needs and
for letters where none belongs.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Final

import numpy as np
from charset_normalizer import from_bytes

from inducult_geo.text.clean import quoted

TABLES: Final = (
    ("cp1252", "cp1250", "iso8859_2", "mac_roman", "cp852", "cp850", "mac_latin2")
    + ("cp1251", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic")
    + ("cp1253", "iso8859_7", "cp737")
)
"""Tables of one byte a letter that texts of Europe are written in, the usual ones first."""

_SAMPLE: Final = 400_000
_WORDS: Final = 4
_NUL_SHARE: Final = 0.3

_FREQUENCIES: Final[Mapping[str, str]] = {
    "de": "ä58 ö44 ü100 ß31 é1",
    "cs": "á87 č46 ď2 é63 ě122 í164 ň1 ó2 ř38 š69 ť1 ú5 ů20 ý100 ž72 ö1 ü1",
    "it": "à64 è26 é6 ì3 ò3 ù17",
    "sl": "č100 š64 ž43 ć1 đ1",
    "hr": "č64 ć38 đ13 š64 ž38",
    "pl": "ą102 ć45 ę113 ł175 ń19 ó82 ś68 ź6 ż89",
    "nl": "ë20 é20 ï10 è6 ö4 ü4 ê2 ç1",
    "fr": "à49 â5 ç9 è27 é150 ê22 ë1 î5 ï1 ô2 œ2 ù6 û6",
    "es": "á50 é43 í73 ñ31 ó83 ú17 ü1",
    "pt": "à7 á12 â56 ã73 ç53 é34 ê45 í13 ó30 ô6 õ4 ú21",
    "da": "å119 æ87 ø94 é2",
    "sv": "å134 ä180 ö131 é3",
    "fi": "ä358 ö44 å2",
    "hu": "á340 é320 í60 ó100 ö110 ő90 ú30 ü60 ű20",
    "sk": "á170 ä10 č90 ď20 é80 í100 ĺ1 ľ40 ň20 ó10 ô20 ŕ1 š90 ť60 ú90 ý90 ž90",
    "ro": "ă170 â60 î50 ş60 ţ60",
    "ru": "о1097 е845 а801 и735 н670 т626 с547 р473 в454 л440 к349 м321 д298 п281 у262 я201 ы190 ь174 г170 з165 б159 "
    "ч144 й121 х97 ж94 ш73 ю64 ц48 щ36 э32 ф26 ъ4 ё13",
    "uk": "о940 а720 н650 і620 и610 в550 т520 е490 р450 с410 к370 л360 у330 д320 м310 п290 я250 з220 ь180 б170 г160 "
    "ч120 й110 х110 ц80 ш70 ю70 ж70 ї60 є50 щ50 ф30 ґ1",
    "be": "а1250 н620 і600 е430 р480 с480 к430 т400 л380 о360 ў150 ы350 д330 в320 у310 я300 п280 м270 з230 ц220 г180 "
    "б170 ь160 э140 й110 х110 ч100 ж90 ш80 ю70 ф30 ё50",
    "sr": "а1150 о960 и950 е900 н580 р470 с480 т420 ј420 у420 к370 д360 в370 л320 м350 п280 з170 г160 б150 ч100 ш100 "
    "ц80 њ70 ж60 ћ60 љ50 х50 ф20 ђ20 џ5",
    "mk": "а1300 о980 е950 и900 н620 т680 р450 с450 в420 к370 д350 л290 м270 п250 у230 з190 ј180 г160 б140 ц90 ч90 ш80 "
    "ж60 њ40 ќ40 х30 ф20 ѓ15 љ10 џ5 ѕ5",
    "bg": "а1130 и900 о850 е820 т750 н680 р520 с500 в460 к340 д340 л320 п300 м240 з230 я220 ъ200 г180 б160 у160 ч150 "
    "ж90 щ70 ц70 й70 х60 ш40 ф30 ю20 ь5",
    "el": "α1050 ο890 τ790 ι750 ε680 ν640 η480 σ440 ρ420 π400 κ390 υ390 ς390 μ320 λ270 ί250 ό230 ά190 ω190 έ180 δ160 "
    "γ160 ή150 χ120 θ120 ύ110 ώ100 φ80 β70 ξ50 ζ40 ψ20 ϊ10",
    "signs": "–30 ’30 „10 “15 ”10 °15 §3 €3 «3 »3 …2 ²3 ³1 ½2 ·2 ®1 ©1 ‘3 —5 •3 ´3 º3 ˝2 №3 \xa05",
}
"""Letters of a language beyond ASCII, case aside, and how often each stands in 10,000 letters of its texts (rounded;
general knowledge). What is alike in two languages must not weigh much: the mixture takes either."""

_STRANGE_WEIGHT: Final = 0.02
"""Share of letters that may belong to no language known here."""

_STRANGE_LETTERS: Final = 500
_LANGUAGE_FINE: Final = 0.5
"""Fine of one more language, in natural logarithms, for each tenfold of letters."""

RARE: Final[Mapping[str, float]] = {
    "iso8859_2": 1.0, "mac_roman": 2.5, "cp852": 2.5, "cp850": 2.5, "mac_latin2": 3.0, "koi8_u": 1.5, "iso8859_5": 2.0,
    "cp866": 2.0, "mac_cyrillic": 3.0, "iso8859_7": 1.0, "cp737": 2.5,
}  # fmt: skip
"""How much less likely an encoding is before anything is read, in natural logarithms: what Windows writes is usual."""

_MISPLACED_FINE: Final = 3.0
_ROUNDS: Final = 25
_BETWEEN: Final = re.compile(r"(?<=[a-z])[^\x00-\x7f](?=[a-z])")
# What a wrong table makes of Cyrillic or Greek, and what a table of these makes of accents.
_CAPITAL_INSIDE: Final = re.compile(r"(?<=[ß-öø-ÿα-ώа-џ])[À-ÖØ-ÞΆ-ΫЀ-Я]")
_TWO_SCRIPTS: Final = re.compile(r"(?<=[A-Za-z])[Ͱ-ӿ]|[Ͱ-ӿ](?=[A-Za-z])")
_CROWD: Final = re.compile(r"(?<=[À-ſ])[À-ſ](?=[À-ſ])")
_ALIKE: Final = re.compile(rb"([\x00-\x7f])[\x00-\x7f]+([\x00-\x7f])")
_ASCII: Final = re.compile(r"[\x00-\x7f]+")
_CONTROLS: Final = re.compile(r"[\x80-\x9f]")
_AT_HOME_BETWEEN: Final = frozenset("’‘–·\xad")


def best_encoding(data: bytes, languages: Collection[str] = ()) -> str | None:
    """Return the encoding that explains the bytes best; None where they are no text.

    UTF-16 without a mark is known by its NULs, which stand at every other place. Of the tables of Windows one goes
    before that reads letters of these languages alone: of a few words others may be as likely ("Dùl" for "Důl").
    """
    sample = data[:_SAMPLE]
    for encoding, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        half = sample[start : 2 * (len(sample) // 2) : 2]
        if half and half.count(0) > _NUL_SHARE * len(half) and sample[1 - start :: 2].count(0) < 0.01 * len(half):
            return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _weighed(data, languages)
    return "utf-8"


def gdal_name(encoding: str) -> str:
    """Return GDAL's name of an encoding that goes by Python's."""
    try:
        known = codecs.lookup(encoding).name
    except LookupError:
        return encoding
    return {"mac-roman": "MACINTOSH", "mac-latin2": "MAC-CENTRALEUROPE"}.get(known, known)


def guess_told(data: bytes, encoding: str) -> str:
    """Say for a person that an encoding was guessed, with some words as the evidence."""
    words = re.findall(r"\w*[^\x00-\x7f]\w*", data[:_SAMPLE].decode(encoding, errors="replace"))
    shown = list(dict.fromkeys(word for word in words if word.isprintable()))
    some = quoted([word for word in shown if len(word) > 2][:_WORDS] or shown[:_WORDS])
    return f"encoding {encoding} guessed ({some}): state [read] encoding if this looks wrong"


def _weighed(data: bytes, languages: Collection[str]) -> str | None:
    if data.count(0) > 0.001 * len(data):
        return None
    sample = b"\n".join(line for line in re.split(rb"[\r\n]+", data) if not line.isascii())[:_SAMPLE]
    # Of what all tables read alike only the neighbors of other letters are looked at.
    told = _ALIKE.sub(rb"\1\n\2", sample)
    scores = {
        encoding: likelihood(told.decode(encoding, errors="replace"), RARE.get(encoding, 0.0)) for encoding in TABLES
    }
    best = max(TABLES, key=lambda encoding: scores[encoding])
    if best not in RARE:
        usual = [encoding for encoding in TABLES if encoding not in RARE]
        at_home = [encoding for encoding in usual if _is_of(told.decode(encoding, errors="replace"), languages)]
        best = max(at_home, key=lambda encoding: scores[encoding], default=best)
    # Worse than chance: another script, or no text.
    if scores[best] > -np.log(_STRANGE_LETTERS):
        return best
    guess = from_bytes(sample).best()
    return None if guess is None else guess.encoding


def _is_of(text: str, languages: Collection[str]) -> bool:
    """Whether all letters beyond ASCII, one at least, are of some languages, and stand where they belong."""
    signs, *spoken = (_letters_of(name) for name in ("signs", *languages))
    shown = set(_ASCII.sub("", text.lower())) - signs
    return bool(shown) and shown.issubset(chain(*spoken)) and not _misplaced(text)


def _letters_of(language: str) -> set[str]:
    return {entry[0] for entry in _FREQUENCIES.get(language, "").split(" ") if entry}


def likelihood(text: str, rare: float) -> float:
    """Return the mean log-likelihood of the letters above ASCII, less the fines, in natural logarithms; 0 of none.

    `rare` is how much less likely their table is before anything is read (see `RARE`).
    """
    letters = Counter(_ASCII.sub("", text.lower()))
    n = sum(letters.values())
    if not n:
        return 0.0
    chances = np.array([_CHANCES.get(letter, _UNKNOWN) for letter in letters])
    counts = np.array([*letters.values()], dtype=float)
    weights = np.full(chances.shape[1], 1 / chances.shape[1])
    for _ in range(_ROUNDS):
        shares = chances * weights
        shares /= shares.sum(axis=1, keepdims=True)
        weights = (1 - _STRANGE_WEIGHT) * (counts @ shares) / n
        weights[-1] += _STRANGE_WEIGHT
    likelihood = float(counts @ np.log(chances @ weights)) / n
    languages = int((weights[:-1] > 0.02).sum())
    fine = _LANGUAGE_FINE * languages * np.log10(n + 1) + _MISPLACED_FINE * _misplaced(text) + rare
    return likelihood - float(fine) / n


def _misplaced(text: str) -> int:
    """Count what a wrong table shows.

    Capitals and signs between small letters, words of two scripts or of accents only, control characters.
    """
    between = sum(not letter.islower() and letter not in _AT_HOME_BETWEEN for letter in _BETWEEN.findall(text))
    return between + sum(len(wrong.findall(text)) for wrong in (_CONTROLS, _CAPITAL_INSIDE, _TWO_SCRIPTS, _CROWD))


def _chances() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return for each letter its chance in each language, the last being that of no language."""
    tables = [{entry[0]: float(entry[1:]) for entry in line.split(" ")} for line in _FREQUENCIES.values()]
    strange = 1 / _STRANGE_LETTERS
    found = {
        letter: np.array([*(table.get(letter, 0.0) / sum(table.values()) for table in tables), strange])
        for letter in sorted(set().union(*tables))
    }
    return found, np.array([*(0.0 for _ in tables), strange])


_CHANCES, _UNKNOWN = _chances()
