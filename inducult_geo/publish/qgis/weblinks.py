"""Buttons of QGIS forms that open web pages: the website of a place, its picture, its articles.

QGIS makes no link of an identifier, and of an address one that stands there as "NULL" where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from inducult_geo.text import ITEM_NUMBER

_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "inducult-geo/actions")
_ADDRESS = r"'^((?:https?://|www[.])[^\\s;]+)'"
"""The first address of a value, of which some sources give several; no other scheme is ever opened."""

_TITLE = "regexp_substr(\"wikipedia\", '^[a-z]{2,3}(?:-[a-z]+)*:([^#;]+)')"
"""The title of the first article that stands as "de:Title#Section"."""

_LANGUAGE = "regexp_substr(\"wikipedia\", '^([a-z]{2,3}(?:-[a-z]+)*):[^#;/]')"


@dataclass(frozen=True)
class WebLink:
    """A page that a value leads to.

    Attributes
    ----------
    column
        The column that tells it.
    title
        What stands on the button.
    address
        Expression of QGIS that gives the address of the page; "" where the value leads to none.
    """

    column: str
    title: str
    address: str

    @property
    def id(self) -> str:
        """The action's id in a style: the same in every release."""
        return "{" + str(uuid5(_NAMESPACE, self.column)) + "}"


def _address(column: str) -> str:
    """Return an expression of the address in a column."""
    return f"coalesce(regexp_replace(regexp_substr(\"{column}\", {_ADDRESS}), '^www[.]', 'https://www.'), '')"


def _item() -> str:
    """Return an expression of the address of a Wikidata item."""
    item = f"regexp_substr(\"wikidata\", '^({ITEM_NUMBER})')"
    return f"if(coalesce({item}, '') = '', '', 'https://www.wikidata.org/wiki/' || {item})"


def _article() -> str:
    """Return an expression of the address of a Wikipedia article, given by language and title or by its address."""
    # What would end the path, or be taken for an escape, is written as one.
    written = f"replace(trim({_TITLE}), map('%', '%25', '?', '%3F', ' ', '_'))"
    named = f"if(coalesce({_LANGUAGE}, '') = '', '', 'https://' || {_LANGUAGE} || '.wikipedia.org/wiki/' || {written})"
    address = _address("wikipedia")
    return f"if({address} <> '', {address}, {named})"


WEB_LINKS: tuple[WebLink, ...] = (
    WebLink("website", "Open the website", _address("website")),
    WebLink("image", "Open the picture", _address("image")),
    WebLink("wikidata", "Open in Wikidata", _item()),
    WebLink("wikipedia", "Open in Wikipedia", _article()),
)
"""Every page that a form opens; a layer has those whose columns it has."""
