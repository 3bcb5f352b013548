"""Which tags make an object of OpenStreetMap a record, and what they mean: the tag tables as one object.

Tables (in `catalog/`): `osm_tags.csv` selects, `osm_evidence.csv` says what an unremarkable object needs beside its
tag, `osm_rules.csv` gives type and theme, `lifecycle.csv` the status, `area_rules.csv` whether a closed way is an
area. To add a tag is to add a row.

The rule of selection, by the column `select`:

- `yes`: the tag alone makes a record (a works, a mine, a brewery, a quarry), unless every value of a tag in `unless`
  is present (solar and wind power plants).
- `with_filter`: the tag is too common to stand alone (an industrial building, a warehouse, a chimney, a station); it
  needs one of the kinds of `evidence` named in its row: a name, a Wikidata item, a register of monuments, a life
  that has ended. Without it the object is not sought at all.
- `join_only`: containers. `landuse=industrial` is a record where it is named, operated, listed or says its industry:
  then it is a site, or an estate that sites lie in; `landuse=railway` only where it is listed or linked.
- `no`: never, but the row stays to say so.

`heritage=*` and its kin select nothing; they are evidence for an industrial tag. A lifecycle prefix is taken off
first; objects that are only planned (`proposed:`) or were never there (`no:`) are not sought.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from inducult_geo.errors import CatalogError
from inducult_geo.sources.osm.days import is_past
from inducult_geo.sources.osm.names import holds_name
from inducult_geo.values import ASPECTS, STATUSES

Tags = Mapping[str, str]
MONUMENT, FACTORY, BOTH, UNKNOWN = ASPECTS
_RUNNING = ("functional", "underConstruction")
_SERVICES = frozenset({"transport", "water"})
_NOT_THERE = frozenset({"no", "none", "vacant", "disused"})


def is_there(tags: Tags, key: str) -> bool:
    """Whether something is there, and not said to be missing or empty (`shop=vacant`)."""
    return tags.get(key, "no") not in _NOT_THERE


def is_museum(tags: Tags) -> bool:
    """Whether an object is a museum, by either of the two ways to tag one."""
    return tags.get("tourism") == "museum" or is_there(tags, "museum")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on tags: `key=value`, `key=*` (any but `no`), or `key=~word/word` (contains one of the words)."""

    key: str
    value: str = "*"
    words: tuple[str, ...] = ()

    def holds(self, tags: Tags) -> bool:
        """Whether one of the `;`-separated values fits; `name` is a name in any language or role, or a former one."""
        if self.key == "name":
            return any(self._fits(text) for key, text in tags.items() if holds_name(key))
        return self.key in tags and self._fits(tags[self.key])

    def _fits(self, text: str) -> bool:
        if self.words:
            folded = text.casefold()
            return any(word in folded for word in self.words)
        found = values_of(text)
        return any(value.strip() not in ("", "no") for value in found) if self.value == "*" else self.value in found


@dataclass(frozen=True, slots=True)
class TagRow:
    """One row of `osm_tags.csv`: a tag, how it selects and what it means."""

    key: str
    value: str
    role: str
    type_id: str
    theme_id: str
    select: str
    evidence: tuple[str, ...]
    unless: tuple[Condition, ...]
    aspect: str


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One row of `osm_rules.csv`: all conditions together give the type."""

    priority: int
    type_id: str
    theme_id: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """One row of `lifecycle.csv`; the lowest precedence above 0 of those present decides."""

    scheme: str
    form: str
    status: str
    keep: str
    precedence: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of the table that a tag of an object fits, and the lifecycle prefix that stood before the key."""

    row: TagRow
    life: Lifecycle | None


@dataclass(frozen=True)
class TagTable:
    """The tag tables. All methods take the tags of one object and never raise, whatever the tags hold."""

    rows: Mapping[str, Mapping[str, TagRow]]
    evidence: Mapping[str, tuple[Condition, ...]]
    rules: tuple[TypeRule, ...]
    prefixes: Mapping[str, Lifecycle]
    states: tuple[tuple[Condition, Lifecycle], ...]
    specials: Mapping[str, Lifecycle]
    areas: Mapping[str, Mapping[str, str]]
    forms: Mapping[str, tuple[str, Lifecycle | None]]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that can make a record, with and without lifecycle prefix: for a filter that knows keys only."""
        return tuple(self.forms)

    def hits(self, tags: Tags) -> Iterator[Hit]:
        """Yield the rows that the tags fit, before any evidence is asked for."""
        for key, text in tags.items():
            form = self.forms.get(key)
            if form is None:
                continue
            known = self.rows[form[0]]
            for value in values_of(text):
                row = known.get(value) or (known.get("*") if value != "no" else None)
                if row is not None and row.select != "no":
                    yield Hit(row, form[1])

    def wanted(self, tags: Tags) -> bool:
        """Whether an object with these tags is a record."""
        return any(self._selects(hit, tags) for hit in self.hits(tags))

    def type_of(self, tags: Tags) -> tuple[str | None, str | None]:
        """Return type and theme by the first of the rules (highest priority first), or nulls where none fits."""
        plain = self._stripped(tags)
        for rule in self._rules_for(plain):
            if all(condition.holds(plain) for condition in rule.conditions):
                return rule.type_id, rule.theme_id
        return None, None

    def status_of(self, tags: Tags, as_of: str | None = None) -> str:
        """Return one of `STATUSES` by lifecycle precedence.

        Parameters
        ----------
        tags
            The object's tags.
        as_of
            ISO date at which they held; an `end_date` before it ends, an `opening_date` after it projects.
            Without it an `end_date` counts as past and an `opening_date` for nothing.
        """
        hits = list(self.hits(tags))
        found = [hit.life for hit in self._deciding(hits) if hit.life is not None]
        found += [life for condition, life in self.states if condition.holds(tags)]
        found += self._dated(tags, as_of)
        if any(hit.life is None and _ends_by_tag(hit.row) for hit in hits):
            found.append(self.specials["plain"])
        said = [life for life in found if life.precedence > 0 and life.status]
        return min(said, key=lambda life: life.precedence).status if said else "unknown"

    def aspect_of(self, tags: Tags, as_of: str | None = None) -> str:
        """Return monument, factory, both or unknown.

        What is historic, listed or a museum is a monument; a plain form of production that runs is a factory. A works
        that became a museum is a monument only; one that stands idle is neither, unless it is listed. Nor is the
        building of one that a shop or an office is in.
        """
        museum = is_museum(tags)
        monument = museum or self.has(tags, "listed") or self.has(tags, "historic")
        running = not museum and self.status_of(tags, as_of) in _RUNNING
        hits = [hit for hit in self.hits(tags) if hit.life is None and hit.row.aspect == FACTORY]
        factory = running and bool(hits) and not (self.has(tags, "other_use") and _are_buildings(hits))
        if monument and factory:
            return BOTH
        return MONUMENT if monument else FACTORY if factory else UNKNOWN

    def is_area(self, tags: Tags) -> bool:
        """Whether a closed way with these tags is an area: `area=yes/no` first, then any tag whose row says so."""
        if tags.get("area") in ("yes", "no"):
            return tags["area"] == "yes"
        return any("area" in self._verdicts(key, text) for key, text in tags.items())

    def has(self, tags: Tags, kind: str) -> bool:
        """Whether the tags give one kind of evidence (a value of `evidence` in `osm_evidence.csv`)."""
        return any(condition.holds(tags) for condition in self.evidence[kind])

    def _selects(self, hit: Hit, tags: Tags) -> bool:
        if hit.row.unless and _is_only(tags, hit.row.unless):
            return False
        return hit.row.select == "yes" or any(self._proves(kind, hit, tags) for kind in hit.row.evidence)

    def _proves(self, kind: str, hit: Hit, tags: Tags) -> bool:
        if kind != "retired":
            # A tag does not prove itself: landuse=industrial is industry, but asks for more than that.
            own = (hit.row.key, hit.row.value)
            return any(proof.holds(tags) for proof in self.evidence[kind] if (proof.key, proof.value) != own)
        if hit.life is not None:
            return hit.life.keep == "yes" and hit.life.status not in _RUNNING
        return any(
            condition.holds(tags) and life.scheme == "osm_key" and life.keep == "yes" for condition, life in self.states
        )

    def _deciding(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits that say what an object is.

        A chimney that is gone, or a hall that is being built, tells nothing of the life of the works that it is tagged
        on: what gives no type beside the plain tags gives no status.
        """
        plain = max((self._ranks[hit.row.key, hit.row.value] for hit in hits if hit.life is None), default=0)
        return [hit for hit in hits if hit.life is None or self._ranks[hit.row.key, hit.row.value] >= plain]

    @cached_property
    def _ranks(self) -> Mapping[tuple[str, str], int]:
        """The priority of the rule that gives the type where a tag of the table stands alone; 0 where none does."""
        found = {}
        for key, values in self.rows.items():
            for value in values:
                alone = {key: value}
                fitting = (rule for rule in self._rules_for(alone) if all(one.holds(alone) for one in rule.conditions))
                found[key, value] = next((rule.priority for rule in fitting), 0)
        return found

    def _dated(self, tags: Tags, as_of: str | None) -> Iterator[Lifecycle]:
        """Yield what dates of end and opening say; an opening only where it is told as a day, a month or a year."""
        end, opening = tags.get("end_date", ""), tags.get("opening_date", "")
        if is_past(end, as_of):
            yield self.specials["end_date<now"]
        if opening[:4].isdigit() and as_of is not None and opening > as_of[: len(opening)]:
            yield self.specials["opening_date>now"]

    def _rules_for(self, tags: Tags) -> list[TypeRule]:
        """Return the rules that ask for a key that is there, in order of priority: few of several hundred."""
        places = {place for key in ("", *tags) for place in self._places_of_rules.get(key, ())}
        return [self.rules[place] for place in sorted(places)]

    @cached_property
    def _places_of_rules(self) -> Mapping[str, Sequence[int]]:
        """Places of the rules by the first key that each asks for; by none where it asks for a name in any form."""
        places: dict[str, list[int]] = {}
        for place, rule in enumerate(self.rules):
            asked = (condition.key for condition in rule.conditions if condition.key != "name")
            places.setdefault(next(asked, ""), []).append(place)
        return places

    def _stripped(self, tags: Tags) -> Tags:
        """Return the tags with lifecycle prefixes of known keys taken off; a plain tag goes before a prefixed one."""
        plain = dict(tags)
        for key, text in tags.items():
            base, life = self.forms.get(key, (key, None))
            if life is not None:
                plain[base] = f"{plain[base]};{text}" if base in plain else text
        return plain

    def _verdicts(self, key: str, text: str) -> set[str]:
        head, _, tail = key.partition(":")
        base = tail if f"{head}:" in self.prefixes and tail in self.areas else key
        known = self.areas.get(base, {})
        return {known.get(value, known.get("*", "depends")) for value in values_of(text) if value != "no"}


def values_of(text: str) -> list[str]:
    """Split a tag's value at semicolons."""
    return [text] if ";" not in text else [part.strip() for part in text.split(";") if part.strip()]


def carries(held: Tags, tags: Mapping[str, Sequence[str]]) -> bool:
    """Whether an object's tags hold, for every tag named, one of its values."""
    return all(key in held and set(values_of(held[key])) & set(values) for key, values in tags.items())


@cache
def load_tag_table() -> TagTable:
    """Read the tag tables of the catalog once.

    Raises
    ------
    CatalogError
        Where a table names a status or a kind of evidence that does not exist.
    """
    rows: dict[str, dict[str, TagRow]] = {}
    for line in _read("osm_tags.csv"):
        rows.setdefault(line["key"], {})[line["value"]] = _tag_row(line)
    lives = [_lifecycle(line) for line in _read("lifecycle.csv")]
    prefixes = {life.form: life for life in lives if life.scheme == "osm_prefix"}
    pairs = [life for life in lives if life.scheme != "osm_prefix"]
    evidence: dict[str, tuple[Condition, ...]] = {"retired": ()}
    for line in _read("osm_evidence.csv"):
        kind = line["evidence"]
        evidence[kind] = (*evidence.get(kind, ()), _condition(f"{line['key']}={line['value']}"))
    areas: dict[str, dict[str, str]] = {}
    for line in _read("area_rules.csv"):
        areas.setdefault(line["key"], {})[line["value"]] = line["closed_way_is"]
    _check_evidence(rows, evidence)
    return TagTable(
        rows=rows,
        evidence=evidence,
        rules=tuple(sorted((_rule(line) for line in _read("osm_rules.csv")), key=lambda rule: -rule.priority)),
        prefixes=prefixes,
        states=tuple((_condition(life.form), life) for life in pairs if "=" in life.form),
        specials={life.form: life for life in pairs if "=" not in life.form},
        areas=areas,
        forms=_forms(rows, prefixes.values()),
    )


def _forms(
    rows: Mapping[str, Mapping[str, TagRow]], prefixes: Iterable[Lifecycle]
) -> dict[str, tuple[str, Lifecycle | None]]:
    """Return every form of every selecting key: the plain one, and one for each prefix that is kept."""
    keys = [key for key, values in rows.items() if any(row.select != "no" for row in values.values())]
    forms: dict[str, tuple[str, Lifecycle | None]] = {key: (key, None) for key in keys}
    kept = [life for life in prefixes if life.keep != "no"]
    return forms | {f"{life.form}{key}": (key, life) for life in kept for key in keys if life.form != f"{key}:"}


def _ends_by_tag(row: TagRow) -> bool:
    """Whether mappers change a tag when its use ends, so that the plain form tells of use: works, railways, waterworks.

    A headframe, a kiln or a windmill stands under the same tag whether it is used or not.
    """
    return row.aspect == FACTORY or (row.role in _SERVICES and row.key not in ("building", "historic"))


def _are_buildings(hits: Iterable[Hit]) -> bool:
    """Whether nothing but the form of a building tells of production: it is the same whatever goes on in it."""
    return all(hit.row.key == "building" for hit in hits)


def _is_only(tags: Tags, unless: tuple[Condition, ...]) -> bool:
    """Whether each value of the excluded key is an excluded one: `solar`, but not `solar;hydro`."""
    for key in {condition.key for condition in unless} & tags.keys():
        banned = {condition.value for condition in unless if condition.key == key}
        if set(values_of(tags[key])) <= banned:
            return True
    return False


def _condition(text: str) -> Condition:
    """Read `key=value`, `key=*`, `key=~word/word` or `name~(word/word)`."""
    key, _, value = text.replace("~(", "=~").rstrip(")").partition("=")
    if value.startswith("~"):
        return Condition(key.strip(), words=tuple(word.casefold() for word in value[1:].split("/")))
    return Condition(key.strip(), value.strip())


def _tag_row(line: Mapping[str, str]) -> TagRow:
    unless = tuple(_condition(text) for text in line["unless"].split())
    evidence = tuple(line["evidence"].split())
    plain = {name: line[name] for name in ("key", "value", "role", "type_id", "theme_id", "select", "aspect")}
    return TagRow(**plain, evidence=evidence, unless=unless)


def _rule(line: Mapping[str, str]) -> TypeRule:
    conditions = tuple(_condition(text) for text in line["condition"].split(" AND "))
    return TypeRule(int(line["priority"]), line["type_id"], line["theme_id"], conditions)


def _lifecycle(line: Mapping[str, str]) -> Lifecycle:
    status = line["inspire_condition"]
    if status and status not in STATUSES:
        raise CatalogError(f"catalog/lifecycle.csv: '{status}' of {line['form']} is none of {', '.join(STATUSES)}")
    return Lifecycle(line["scheme"], line["form"], status, line["keep"], int(line["precedence"]))


def _check_evidence(rows: Mapping[str, Mapping[str, TagRow]], evidence: Mapping[str, tuple[Condition, ...]]) -> None:
    for row in (row for values in rows.values() for row in values.values()):
        unknown = [kind for kind in row.evidence if kind not in evidence]
        if unknown or (row.select in ("with_filter", "join_only") and not row.evidence):
            said = unknown[0] if unknown else "nothing"
            known = ", ".join(evidence)
            raise CatalogError(f"catalog/osm_tags.csv: {row.key}={row.value} asks for '{said}'. Known: {known}")


def _read(name: str) -> list[dict[str, str]]:
    text = files("inducult_geo.catalog").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
