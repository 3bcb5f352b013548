"""The QGIS project inside the GeoPackage: groups, styles, relations, extent and credit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from xml.etree import ElementTree as ET

import pandas as pd
from markupsafe import Markup

from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.declared import Layer, layer_id
from inducult_geo.publish.licences import credit_text, licence_names
from inducult_geo.publish.qgis.cards import card
from inducult_geo.publish.qgis.coverage import COVERAGES, extent_of_surface
from inducult_geo.publish.qgis.layouts import layouts
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE, crs_facts, data_date, extent_of, release_title, timestamp
from inducult_geo.publish.qgis.styles import environment
from inducult_geo.publish.qgis.surfaces import style_bytes
from inducult_geo.surface import Surface

PROJECT_NAME = "inducult"
_PACKAGE = "./inducult.gpkg"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_QGIS_KINDS = {"Point": ("Point", "Point"), "MultiPolygon": ("Polygon", "MultiPolygon")}
_HIDDEN = ("source_records", "changes", "site_points_by_theme")
_EXPLAINED = ("review", "site_points", "site_points_by_theme", "regions")
_ORDER = ("Review", "Changes", "Sites", "Evidence", "Background", "Documentation")


@dataclass(frozen=True)
class Relation:
    """Rows of a child table that belong to one row of a parent table."""

    name: str
    parent: str
    parent_column: str
    child: str
    child_column: str

    @property
    def id(self) -> str:
        """The relation's name inside the project."""
        return f"inducult_{self.parent}_{self.parent_column}_{self.child}_{self.child_column}"

    @property
    def parent_id(self) -> str:
        """Id of the parent's layer."""
        return layer_id(self.parent)

    @property
    def child_id(self) -> str:
        """Id of the child's layer."""
        return layer_id(self.child)


RELATIONS: tuple[Relation, ...] = (
    Relation("Records of the site", "site_points", "site_id", "source_records", "site_id"),
    Relation("Outline of the site", "site_points", "site_id", "site_areas", "site_id"),
    Relation("Parts of the site", "site_points", "site_id", "site_points", "part_of"),
    Relation("Former ids of the site", "site_points", "site_id", "former_ids", "merged_into"),
    Relation("Former keys of the record", "source_records", "record_key", "former_keys", "record_key"),
    Relation("Changes of the site", "site_points", "site_id", "changes", "site_id"),
    Relation("Pairs with the site on the left", "site_points", "site_id", "matches", "left_site"),
    Relation("Pairs with the site on the right", "site_points", "site_id", "matches", "right_site"),
    Relation("Left record", "review", "left_key", "source_records", "record_key"),
    Relation("Right record", "review", "right_key", "source_records", "record_key"),
    Relation("Records of the source", "sources", "source", "source_records", "source"),
    Relation("Rejected records of the source", "sources", "source", "rejected", "source"),
)


@dataclass(frozen=True)
class Theme:
    """A map theme: which layers a reader sees together, each with one of its styles (None: the default one)."""

    name: str
    layers: Mapping[str, str | None]


_GROUND: Mapping[str, str | None] = {"site_areas": None, "regions": None}
THEMES: tuple[Theme, ...] = (
    Theme("Heritage and production", {"review": None, "site_points": None, **_GROUND}),
    Theme("Heritage", {"site_points": "heritage", "density_monuments": None, **_GROUND}),
    Theme("Production", {"site_points": "production", "density_production": None, **_GROUND}),
    Theme("Branches of industry", {"site_points_by_theme": None, **_GROUND}),
    Theme("Data quality", {"site_points": "data quality", "source_records": None, "regions": None}),
    Theme("Review", {"review": None, "site_points": "background", "source_records": None, **_GROUND}),
    Theme("Changes", {"changes": None, "site_points": "background", "regions": None}),
)
"""Map themes in the order of QGIS's menu; one whose first layer is not in the file is left out."""


@dataclass(frozen=True)
class StyleBody:
    """A style of a layer: its name, and the attributes and content of its QML."""

    name: str
    attributes: Mapping[str, str]
    body: Markup


@dataclass(frozen=True)
class ProjectLayer:
    """A layer as the project shows it; `styles` begins with the one that is shown first."""

    name: str
    id: str
    title: str
    description: str
    source: str
    group: str
    geometry: str | None
    wkb: str | None
    extent: tuple[float, float, float, float] | None
    styles: tuple[StyleBody, ...]
    shown: bool
    open: bool
    provider: str = "ogr"

    @property
    def is_raster(self) -> bool:
        """Whether it is a raster."""
        return self.provider == "gdal"

    @property
    def is_served(self) -> bool:
        """Whether a server offers its rows: each table of vectors once, under its own name."""
        return self.source.endswith(f"|layername={self.name}")


@dataclass(frozen=True)
class ShownTheme:
    """A theme as far as its layers are in the file: layer and style, top to bottom."""

    name: str
    layers: tuple[tuple[ProjectLayer, str], ...]


def project_file(
    bundle: Bundle,
    layers: Sequence[Layer],
    frames: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Mapping[str, str]],
) -> bytes:
    """Return the bytes of a `.qgz` that refers to `inducult.gpkg` beside itself.

    Parameters
    ----------
    bundle
        The release.
    layers
        The layers that stand in the file.
    frames
        Their rows, for extents.
    styles
        Layer name -> name of a style -> QML, the default one first.
    """
    relations = [r for r in RELATIONS if r.parent in frames and r.child in frames]
    ordered = _project_layers(bundle, layers, frames, styles, relations)
    text = (
        environment()
        .get_template("project.qgs.j2")
        .render(
            title=release_title(bundle),
            identifier=str(bundle.run["run_id"]),
            abstract=_abstract(bundle),
            created=timestamp(bundle)[:19],
            attribution=credit_text(bundle),
            licences=licence_names(bundle),
            crs=crs_facts(),
            extent=_widened(extent_of(frames["regions"])),
            groups=[(name, list(members)) for name, members in groupby(ordered, key=lambda layer: layer.group)],
            layers=ordered,
            relations=relations,
            themes=_shown_themes(ordered),
            bookmarks=_bookmarks(frames["regions"]),
            coverage=next(layer for layer in ordered if layer.name == "regions"),
            sites=next(layer for layer in ordered if layer.name == "site_points"),
            card=card(extent_of(frames["site_points"]), RELATIONS[0].id),
            explained=[layer for layer in ordered if layer.name in _EXPLAINED],
            **layouts(bundle),
        )
    )
    return _zipped(f"{PROJECT_NAME}.qgs", text.strip().encode("utf-8"))


def _project_layers(
    bundle: Bundle,
    layers: Sequence[Layer],
    frames: Mapping[str, pd.DataFrame],
    styles: Mapping[str, Mapping[str, str]],
    relations: Sequence[Relation],
) -> list[ProjectLayer]:
    """Return the layers of the project, group by group, top to bottom."""
    # Rasters first within their group: the regions' ground would cover them.
    shown = [_raster_layer(name, surface) for name, surface in bundle.surfaces.items() if name in COVERAGES]
    shown += [_vector_layer(layer, frames, styles[layer.name], relations) for layer in layers]
    sites = next(layer for layer in layers if layer.name == "site_points")
    by_branch = {"by branch": styles[sites.name]["by branch"]}
    # A second look at the sites, switched off: its legend tells what the pictograms mean.
    shown.append(_vector_layer(sites, frames, by_branch, [], suffix="_by_theme", title="Industrial sites by branch"))
    return sorted(shown, key=lambda layer: _ORDER.index(layer.group))


def _shown_themes(layers: Sequence[ProjectLayer]) -> list[ShownTheme]:
    """Return the themes whose first layer is there, with those of their layers that are."""
    by_name = {layer.name: layer for layer in layers}
    return [
        ShownTheme(
            theme.name,
            tuple(
                (layer, theme.layers[layer.name] or layer.styles[0].name)
                for layer in layers
                if layer.name in theme.layers
            ),
        )
        for theme in THEMES
        # The ordinary map is there even where no question is open.
        if theme is THEMES[0] or next(iter(theme.layers)) in by_name
    ]


def _vector_layer(
    layer: Layer,
    frames: Mapping[str, pd.DataFrame],
    styles: Mapping[str, str],
    relations: Sequence[Relation],
    *,
    suffix: str = "",
    title: str = "",
) -> ProjectLayer:
    geometry, wkb = _QGIS_KINDS[layer.geometry] if layer.geometry else (None, None)
    name = layer.name + suffix
    mine = tuple(r for r in relations if r.parent == layer.name)
    # Only the answers to open questions are there to be written.
    fixed = (("readOnly", "0" if layer.name == "review" else "1"),)
    return ProjectLayer(
        name=name,
        id=layer_id(name),
        title=title or layer.title,
        description=layer.description,
        source=f"{_PACKAGE}|layername={layer.name}",
        group=layer.group,
        geometry=geometry,
        wkb=wkb,
        extent=extent_of(frames[layer.name]) if layer.geometry else None,
        styles=tuple(_style_body(style, qml, mine, fixed) for style, qml in styles.items()),
        shown=layer.geometry is not None and name not in _HIDDEN,
        open=name in ("site_points", "review"),
    )


def _raster_layer(name: str, surface: Surface) -> ProjectLayer:
    said = COVERAGES[name]
    qml = style_bytes(surface, name).decode()
    return ProjectLayer(
        name=said.table,
        id=layer_id(said.table),
        title=f"{said.title} (sites per km²)",
        description=said.description,
        source=f"GPKG:{_PACKAGE}:{said.table}",
        group="Background",
        geometry=None,
        wkb=None,
        extent=extent_of_surface(surface),
        styles=(_style_body("default", qml, (), ()),),
        shown=False,
        open=False,
        provider="gdal",
    )


@lru_cache(maxsize=64)
def _style_body(name: str, qml: str, relations: tuple[Relation, ...], fixed: tuple[tuple[str, str], ...]) -> StyleBody:
    """Take a QML apart as a project holds it, with the tabs of relations and attributes of the layer that are fixed."""
    # The text is our own, made from our templates a moment ago.
    root = ET.fromstring(qml.strip())  # noqa: S314
    _add_relation_tabs(root, relations)
    attributes = {key: value for key, value in root.attrib.items() if key not in ("version", "styleCategories")}
    attributes.update(fixed)
    body = Markup("".join(ET.tostring(child, encoding="unicode") for child in root))  # noqa: S704 (escaped by ET)
    return StyleBody(name, attributes, body)


def _add_relation_tabs(root: ET.Element, relations: Sequence[Relation]) -> None:
    """Add a tab to the form for each table whose rows belong to a feature."""
    form = root.find("attributeEditorForm")
    if form is None:
        return
    for relation in relations:
        tab = ET.SubElement(
            form, "attributeEditorContainer", name=relation.name, groupBox="0", columnCount="1", showLabel="1"
        )
        ET.SubElement(
            tab,
            "attributeEditorRelation",
            name=relation.id,
            relation=relation.id,
            label="",
            showLabel="0",
            nmRelationId="",
            forceSuppressFormPopup="0",
            relationWidgetTypeId="relation_editor",
        )


def _abstract(bundle: Bundle) -> str:
    notice = f"{SAMPLE_NOTICE} " if bundle.run["is_sample"] else ""
    return f"{notice}Sites of industrial culture, past and present. Data up to {data_date(bundle)}. " + credit_text(
        bundle
    )


def _bookmarks(regions: pd.DataFrame) -> list[tuple[str, str, tuple[float, float, float, float]]]:
    """Return id, title and extent of each region, by title: places that a person goes to by a double click."""
    rows = sorted(
        zip(regions["title"], regions["region"], regions.geometry.bounds.to_numpy(), strict=True), key=lambda r: r[:2]
    )
    return [
        (str(region), str(title), _widened((west, south, east, north)))
        for title, region, (west, south, east, north) in rows
    ]


def _widened(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = extent
    margin = 0.05 * max(east - west, north - south, 1000.0)
    return round(west - margin, 3), round(south - margin, 3), round(east + margin, 3), round(north + margin, 3)


def _zipped(name: str, content: bytes) -> bytes:
    """Pack one file so that the bytes depend on its content only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name, date_time=_ZIP_TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        entry.create_system = 3
        archive.writestr(entry, content)
    return buffer.getvalue()
