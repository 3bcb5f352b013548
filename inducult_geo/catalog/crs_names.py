"""The coordinate system that a contract names: a code, or a message that helps whoever wrote a name instead."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Final

from pydantic import AfterValidator

from inducult_geo.text import fold_once

_CODES: Final[dict[str, tuple[str, ...]]] = {
    r"wgs ?(?:19)?84|gps|lat ?lon|lon ?lat|crs ?84": ("EPSG:4326",),
    r"wgs ?84 utm ?(?:zone ?)?(3[1-4]) ?n?": ("EPSG:326{0}",),
    r"utm ?(?:zone ?)?(3[1-4]) ?n?": ("EPSG:258{0}", "EPSG:326{0}"),
    r"etrs ?89 utm ?(?:zone ?)?(3[1-4]) ?n?": ("EPSG:258{0}",),
    r"etrs ?(?:19)?89": ("EPSG:4258",),
    r"web ?mercator|google ?(?:maps|mercator)|pseudo ?mercator": ("EPSG:3857",),
    r"(?:etrs ?89 )?laea(?: europe)?": ("EPSG:3035",),
    r"(?:dhdn )?(?:3 degree )?(?:gauss ?kru?e?ger|gk) ?(?:zone ?)?([2-5])": ("EPSG:3146{+4}",),
    r"(?:s ?)?jtsk(?: krovak)?(?: east north)?|krovak": ("EPSG:5514",),
    r"(?:pl ?|puwg ?|cs ?|etrs89 poland cs|uklad )(?:19)?92": ("EPSG:2180",),
    r"htrs ?(?:19)?96(?: tm| croatia tm)?": ("EPSG:3765",),
    r"d ?48(?: gk)?": ("EPSG:3912",),
    r"d ?96(?: tm)?": ("EPSG:3794",),
    r"(?:bd ?72 |belgian |belge )?lambert ?(?:19)?72": ("EPSG:31370",),
    r"(?:belgian |belge )?lambert ?(?:20)?08": ("EPSG:3812",),
    r"(?:gauss ?boaga|monte ?mario)(?: italy)?(?: zone)? ?(?:1|ovest|west)": ("EPSG:3003",),
    r"(?:gauss ?boaga|monte ?mario)(?: italy)?(?: zone)? ?(?:2|est|east)": ("EPSG:3004",),
    r"rdn ?2008": ("EPSG:6706",),
    r"mgi(?: austria)? lambert": ("EPSG:31287",),
    r"etrs ?(?:19)?89 austria lambert": ("EPSG:3416",),
    r"mgi (?:austria )?(?:gk )?(?:m ?31|central)": ("EPSG:31255",),
    r"mgi (?:austria )?(?:gk )?(?:m ?34|east)": ("EPSG:31256",),
    r"bmn ?m? ?31": ("EPSG:31258",),
    r"bmn ?m? ?34": ("EPSG:31259",),
}
"""Names as people write them -> the codes that they may mean; "{0}" is the zone, "{+4}" four more than it."""


def crs_code_of(text: str) -> str:
    """Return a code as it stands; of a name say which code is meant.

    Raises
    ------
    ValueError
        Where it is no code.
    """
    if re.fullmatch(r"[A-Za-z]+:[0-9]+", text):
        return text
    meant = " or ".join(_meant(text)) or "a code such as EPSG:25833, which `inducult draft` finds for most files"
    raise ValueError(f"'{text[:40]}' is not accepted here; write {meant}")


@cache
def is_no_system(code: str) -> bool:
    """Whether nobody knows a code as that of a coordinate system."""
    # Loaded where a region is declared only: who reads codes alone need not wait for it.
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(code)
    except CRSError:
        return True
    return False


def _meant(text: str) -> list[str]:
    """Return the codes that a name may mean; none where it is not known."""
    name = _plain(text)
    if found := re.fullmatch(r"(?:epsg ?)?([0-9]{4,6})", name, re.ASCII):
        return [f"EPSG:{found[1]}"]
    for pattern, codes in _CODES.items():
        if found := re.fullmatch(pattern, name):
            return _codes_of(found, codes)
    return []


def codes_named(text: str) -> list[str]:
    """Return the codes that a name within a text may mean ("Coordinates (D48/GK)"): of several names the longest."""
    name = _plain(text)
    found = [
        (part, codes)
        for pattern, codes in _CODES.items()
        for part in re.finditer(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", name)
    ]
    coded = re.search(r"\bepsg ?([0-9]{4,6})\b", name, re.ASCII)
    if coded or not found:
        return [f"EPSG:{coded[1]}"] if coded else []
    return _codes_of(*max(found, key=lambda one: len(one[0][0])))


def _codes_of(found: re.Match[str], codes: tuple[str, ...]) -> list[str]:
    zone = next(filter(None, found.groups()), "")
    return [code.replace("{0}", zone).replace("{+4}", str(int(zone or 0) + 4)) for code in codes]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", fold_once(text)).split())


CrsCode = Annotated[str, AfterValidator(crs_code_of)]
