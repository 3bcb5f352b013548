"""Read the fuel of a power plant: in English, in the languages of the regions and of their neighbors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from inducult_geo.text.folding import spelling_key

FUELS: Final[Mapping[str, str]] = {
    "coal": (
        "coal *kohle* lignit* anthracit* antracyt* wegiel wegla uhli uhlie uhel* carbone carbon charbon houille hulla "
        "premog* ugljen* *kool kolen koszen kivihiil* stenkol brunkol"
    ),
    "gas": (
        "gas *gas erdgas* gaz gazu gazow* ccgt ocgt lng lpg methan methane metan metano plyn plynu plynov* "
        "plin plina plinsk* foldgaz *kaasu"
    ),
    "oil": (
        "oil ol heizol* mineralol* erdol* schwerol* altol* diesel* nafta* mazut* petrol* hfo olej oleje olejow* ropa "
        "ropny olio gasolio olje olja *olja ulje olie *olie fioul gazole kerosin* kerosene *olaj *oljy"
    ),
    "nuclear": "nucle* nuklear* uran* jadern* jadrow* jadrov* jedrsk* kern* karnkraft atom* ydin*",
    "hydro": (
        "hydro* hidro* idro* hydraul* hidraul* idraul* water* *wasser wasser* voda vody vodn* woda wody wodn* acqua "
        "agua eau viz pump* pompow* precerpav* crpaln* vizero* vattenkraft vesivoima"
    ),
    "wind": "wind* vind* wiatr* vitr vetr* veter vjetr* vjetar eolic* eolien* vietor vetern* szel szelero* tuuli*",
    "solar": (
        "solar* solair* photov* fotov* fotow* pv sun sunlight sonne sonnen* sloneczn* slunc* slunecn* soncn* sonce "
        "sunce suncan* suncev* zon zonne* slnec* napenerg* naperom* aurinko*"
    ),
    "biomass": (
        "bio* wood* holz* drewn* drevo drevn* drevesn* drvo drvn* legn* hout* bois pellet* slama sloma straw stroh"
    ),
    "waste": (
        "waste* abfall* *abfall *mull mull* odpad* otpad* rifiut* afval* *vuil dechet* residuos hulladek* avfall* jate*"
    ),
    "geothermal": "geoterm* geotherm* erdwarme",
    "peat": "peat torf* raselin* treset turf turve* tourbe torba sota*",
}
"""Fuel -> words for it, folded; a star stands for any letters. A text may name several."""

_OTHERWISE: Final[tuple[tuple[str, str], ...]] = (
    # Gases of a trade are gas, whatever they come from; what rots makes them of biomass.
    (r"coal\W*derived", ""),
    (
        r"\b(?:landfill|sewage|sewer|digester|sludge)\W+gas\b|\b(?:deponie|klar|stort)gas\b|\bbio\w*"
        r"|\bskladkov\w*\W+plyn\b",
        "bio",
    ),
    (r"\bgas\W*oil\b", "diesel"),
    # Neither heat that is left over nor what is made of water runs a plant as waste or water does.
    (
        r"\bwaste\W*(?:heat|water)\b|\babwa\w+|\bodpadni\W+(?:teplo|voda)"
        r"|\b(?:wasserstoff|hydrogen|vodik|wodor|idrogeno)\w*",
        "",
    ),
)
"""Phrases that mean another thing than their words, and what they are read as."""

_LONGEST: Final = 1_000
"""Letters of a text that names fuels; of longer ones the beginning is read."""


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each of `FUELS`."""
    groups = ("|".join(words.split()).replace("*", r"\w*") for words in FUELS.values())
    return tuple(re.compile(rf"\b(?:{group})\b") for group in groups)


def fuel_bits(text: str) -> int:
    """Return the fuels that a text names, as bits in the order of `FUELS`; gas that is made of coal is gas."""
    told = spelling_key(text[:_LONGEST])
    for phrase, words in _OTHERWISE:
        told = re.sub(phrase, words, told)
    return sum(1 << bit for bit, pattern in enumerate(_patterns()) if pattern.search(told))
