"""Open a release's GeoPackage as an analyst would, in a headless QGIS; run by the system's Python.

Writes what was met as JSON: `python3 qgis_open.py inducult.gpkg [picture.png]`.
"""

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (
    NULL,
    Qgis,
    QgsAction,
    QgsApplication,
    QgsAttributeEditorRelation,
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextScope,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsLayerTreeModel,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsMapRendererParallelJob,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsPalLayerSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsRenderContext,
    QgsSymbol,
    QgsSymbolLayer,
    QgsSymbolLegendNode,
    QgsTemporalUtils,
    QgsUnitTypes,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QSize, Qt, QTime
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtXml import QDomDocument

PICTURE = QSize(450, 310)
SCALES = (5000.00001, 110_000)  # no map of QGIS is one at exactly 1:5,000
YEARS = (1750, 1950, 1991, 1992, 2005)
THIS_YEAR = 2024  # that of the data


def main() -> None:
    """Look at every layer, then at the project."""
    path = str(Path(sys.argv[1]).resolve())
    app = QgsApplication([], False)
    app.initQgis()
    catalog = QgsVectorLayer(path, "all", "ogr")
    # One line a layer: number, name, count, geometry, parted by "!!::!!".
    names = [entry.split("!!::!!")[1] for entry in catalog.dataProvider().subLayers()]
    found = {"layers": {name: look(path, name) for name in names if name != "layer_styles"}}
    found["project"] = open_project(path)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    os._exit(0)  # QGIS may crash while it tears itself down


def look(path, name):
    """Load one layer with its default style and tell what QGIS made of it."""
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    _, loaded = layer.loadDefaultStyle()
    fields = layer.fields()
    return {
        "valid": layer.isValid(),
        "styled": bool(loaded),
        "count": layer.featureCount(),
        "crs": layer.crs().authid() if layer.isSpatial() else None,
        "unnamed": [f.name() for f in fields if not f.alias() or f.alias() == f.name()],
        "value_maps": [
            f.name() for f in fields if layer.editorWidgetSetup(fields.lookupField(f.name())).type() == "ValueMap"
        ],
        "renderer": layer.renderer().type() if layer.isSpatial() else None,
        "categories": categories(layer),
        "labels": layer.labelsEnabled(),
        "farthest": farthest(layer),
        "at_scale": {scale: at_scale(layer, scale) for scale in SCALES} if name == "site_points" else {},
        "tip": tip(layer),
        "tip_errors": tip_errors(layer),
        "display_error": QgsExpression(layer.displayExpression()).parserErrorString(),
        "displayed": displayed(layer),
        "title": layer.metadata().title(),
        "licenses": layer.metadata().licenses(),
        "styles": styles_stored(layer),
        "exported": exported(layer, Path(path).parent),
        "tabs": [tab.name() for tab in layer.editFormConfig().tabs()],
        "pages": pages(layer),
        "in_years": in_years(layer, name),
        "opacities": opacities(layer) if name in ("site_points", "site_areas", "source_records") else {},
        "sorted_by": [layer.attributeTableConfig().sortExpression(), int(layer.attributeTableConfig().sortOrder())],
        "table": table(layer),
        "called": called(layer),
    }


def table(layer):
    """Return what the table of attributes shows, from the left: names of columns and their widths."""
    config = layer.attributeTableConfig()
    config.update(layer.fields())
    return [[column.name, column.width] for column in config.columns() if not column.hidden]


def called(layer):
    """Return the JSON of names of each record, and the name that the table of attributes shows."""
    name = QgsExpression('"name_in_words"')
    rows = layer.getFeatures() if "name_in_words" in layer.fields().names() else ()
    return [[row["names"], name.evaluate(context(layer, row))] for row in rows]


def in_words(layer):
    """Return what the form of each feature tells in words of its columns of JSON: column, JSON, words."""
    columns = [field.name() for field in layer.fields() if f"{field.name()}_in_words" in layer.fields().names()]
    on_form = {field.name() for tab in layer.editFormConfig().tabs() for field in tab.children()}
    assert not on_form & {*columns}, "words in place of the JSON"
    assert {f"{name}_in_words" for name in columns} <= on_form
    # Python gets an attribute of QGIS 3.40 up to its first NUL only, a result of an expression as a whole.
    words = {name: QgsExpression(f'"{name}_in_words"') for name in columns}
    told = []
    for row in layer.getFeatures():
        about = context(layer, row)
        told += [[name, row[name], words[name].evaluate(about)] for name in columns if row[name]]
    return told


def pages(layer):
    """Return for each feature (of a site by its id) what its form's buttons open: name of the button -> address."""
    buttons = layer.actions().actions("Feature")
    assert all(button.type() == QgsAction.OpenUrl for button in buttons)
    found = {}
    for feature in layer.getFeatures() if buttons else ():
        about = context(layer, feature)
        found[feature["site_id"] if layer.name() == "site_points" else feature.id()] = {
            button.name(): QgsExpression.replaceExpressionText(button.command(), about) for button in buttons
        }
    return found


def in_years(layer, name):
    """Return what the temporal controller shows of each year: names of sites, ids of what speaks of today."""
    column = {"site_points": "name", "review": "review_id", "changes": "site_id"}.get(name)
    years = YEARS if name == "site_points" else (YEARS[-1], THIS_YEAR)
    return {year: in_year(layer, year, column) for year in years} if column else {}


def in_year(layer, year, column):
    """Return the values of a column that the temporal controller shows of a year."""
    properties = layer.temporalProperties()
    assert properties.isActive()
    begin, end = (QDateTime(QDate(year + more, 1, 1), QTime(0, 0), Qt.UTC) for more in (0, 1))
    frame = QgsDateTimeRange(begin, end, True, False)
    about = QgsVectorLayerTemporalContext()
    about.setLayer(layer)
    request = QgsFeatureRequest().setFilterExpression(properties.createFilterString(about, frame))
    return [str(feature[column]) for feature in layer.getFeatures(request)]


def exported(layer, folder):
    """Save a layer as GeoJSON; tell what went wrong (nothing: "") and how many rows came out."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GeoJSON"
    target = folder / f"{layer.name()}.geojson"
    _, problem, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, str(target), QgsProject.instance().transformContext(), options
    )
    return problem, len(json.loads(target.read_text(encoding="utf-8"))["features"])


def styles_stored(layer):
    """Load every style that the file holds for a layer; tell its name and the renderer that QGIS makes of it."""
    count, ids, names, *_ = layer.listStylesInDatabase()
    found = {}
    for number, name in zip(ids[:count], names[:count]):  # noqa: B905 (QGIS lists those of other layers behind)
        qml, problem = layer.getStyleFromDatabase(number)
        document = QDomDocument()
        assert document.setContent(qml)[0], problem
        assert layer.importNamedStyle(document)[0]
        found[name] = layer.renderer().type() if layer.isSpatial() else None
    layer.loadDefaultStyle()
    return found


def categories(layer):
    """Return the values that a categorized layer draws and the kinds of symbols that it draws them with."""
    if not layer.isSpatial() or layer.renderer().type() != "categorizedSymbol":
        return {}
    return {str(c.value()): c.symbol().symbolLayerCount() for c in layer.renderer().categories()}


def context(layer, feature):
    """Return the context in which expressions of a layer see a feature."""
    scopes = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    scopes.setFeature(feature)
    return scopes


def displayed(layer):
    """Return what each feature is called in lists and labels."""
    expression = QgsExpression(layer.displayExpression())
    return [expression.evaluate(context(layer, feature)) for feature in layer.getFeatures()]


def farthest(layer):
    """Return for each rule of labels the smallest scale that has them: by the rule, on the screen and in a layout."""
    if not layer.labelsEnabled() or layer.labeling().type() != "rule-based":
        return []
    rules = layer.labeling().rootRule()  # kept, since its rules do not outlive it
    told = []
    for rule in rules.children():
        settings = rule.settings()
        chosen = settings.dataDefinedProperties().property(QgsPalLayerSettings.MinimumScale)
        scopes = QgsExpressionContext()
        screen, _ = chosen.valueAsDouble(scopes, settings.minimumScale)
        scopes.appendScope(QgsExpressionContextScope())
        scopes.lastScope().setVariable("layout_name", "Map on A4")
        told.append([settings.minimumScale, screen, chosen.valueAsDouble(scopes, settings.minimumScale)[0]])
    return told


def at_scale(layer, scale):
    """Return name, label and stroke of the outer ring of each site on a map of a scale."""
    labels = layer.labeling()
    label = QgsExpression(labels.settings(labels.subProviders()[-1]).fieldName)
    drawn = layer.renderer().categories()  # kept, since what QGIS hands out of it does not outlive it
    symbol = drawn[0].symbol()
    ring = symbol.symbolLayer(0).dataDefinedProperties()
    stroke = QgsExpression(ring.property(QgsSymbolLayer.PropertyStrokeStyle).expressionString())
    found = []
    for feature in layer.getFeatures():
        scopes = context(layer, feature)
        scope = QgsExpressionContextScope()
        scope.setVariable("map_scale", scale)
        scopes.appendScope(scope)
        found.append([feature["site_id"], label.evaluate(scopes), stroke.evaluate(scopes)])
    return found


def tip(layer):
    """Return the map tips of the first features."""
    if not layer.mapTipTemplate():
        return []
    return [
        QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context(layer, feature))
        for feature in layer.getFeatures()
    ]


def tip_errors(layer):
    """Return what is wrong with the expressions of a map tip."""
    parts = [part.split("%]")[0] for part in layer.mapTipTemplate().split("[%")[1:]]
    return [error for error in (QgsExpression(part).parserErrorString() for part in parts) if error]


def open_project(path):
    """Open the embedded project, check its relations, draw it."""
    project = QgsProject.instance()
    complaints = []
    project.oldProjectVersionWarning.connect(complaints.append)
    read = project.read(f"geopackage:{path}?projectName=inducult")
    layers = list(project.mapLayers().values())
    relations = project.relationManager().relations().values()
    shown = [layer for layer in project.layerTreeRoot().checkedLayers() if layer.isSpatial()]
    return {
        "read": read,
        "complaints": complaints if Qgis.QGIS_VERSION.startswith("3.22.") else [],
        "title": project.title(),
        "crs": project.crs().authid(),
        "layers": {layer.name(): layer.isValid() for layer in layers},
        "read_only": {layer.name(): layer.readOnly() for layer in layers if isinstance(layer, QgsVectorLayer)},
        "relations": {relation.name(): relation.isValid() for relation in relations},
        "groups": [group.name() for group in project.layerTreeRoot().findGroups()],
        "tabs_of_rows": {layer.name(): tabs_of_rows(layer) for layer in layers if isinstance(layer, QgsVectorLayer)},
        "symbols_px": symbols_px(project),
        "records_of_a_site": related(project, "Records of the site", "record_key"),
        "records_asked_about": [records_of(project, side) for side in ("Left record", "Right record")],
        "between": between(project),
        "question_marks": [question_mark(project, theme) for theme in ("Heritage and production", "Review")],
        "ring_in_legend": ring_in_legend(project),
        "controller": controller(project),
        "parts_of_a_site": related(project, "Parts of the site", "site_id"),
        "in_words": {layer.name(): in_words(layer) for layer in layers if isinstance(layer, QgsVectorLayer)},
        "colors": draw(project, shown),
        "themes": {name: draw_theme(project, name) for name in project.mapThemeCollection().mapThemes()},
        "layouts": {layout.name(): printed(layout, Path(path).parent) for layout in layouts(project)},
        "bookmarks": bookmarks(project),
        "cards": cards(project, Path(path).parent),
        "rasters": {
            layer.name(): [layer.renderer().type(), layer.bandCount()]
            for layer in layers
            if isinstance(layer, QgsRasterLayer)
        },
    }


def tabs_of_rows(layer):
    """Tell of each tab of the form that shows rows of another table whether QGIS knows the relation."""
    tabs = [(tab.name(), child) for tab in layer.editFormConfig().tabs() for child in tab.children()]
    return {name: child.relation().isValid() for name, child in tabs if isinstance(child, QgsAttributeEditorRelation)}


def symbols_px(project):
    """Return the widest and highest symbol that the panel of layers shows, from afar and near."""
    found = []
    for meters_per_pixel in (1000, 50):
        model = QgsLayerTreeModel(project.layerTreeRoot())
        model.setLegendMapViewData(meters_per_pixel, 96, meters_per_pixel * 96 / 0.0254)
        trees = [model.layerLegendNodes(tree) for tree in project.layerTreeRoot().findLayers()]
        sizes = [node.minimumIconSize() for nodes in trees for node in nodes if isinstance(node, QgsSymbolLegendNode)]
        found += [max(size.width(), size.height()) for size in sizes]
    return max(found)


def bookmarks(project):
    """Return the spatial bookmarks by id: name, group, system and the box that they lead to."""
    return {
        mark.id(): [
            mark.name(),
            mark.group(),
            mark.extent().crs().authid(),
            [mark.extent().xMinimum(), mark.extent().yMinimum(), mark.extent().xMaximum(), mark.extent().yMaximum()],
        ]
        for mark in project.bookmarkManager().bookmarks()
    }


def layouts(project):
    """Return the print layouts of the project that show regions."""
    return [layout for layout in project.layoutManager().printLayouts() if layout.name().startswith("Map")]


def cards(project, folder):
    """Turn the pages of the layout that has one for each site; print the first one and tell the labels of all."""
    (layout,) = [one for one in project.layoutManager().printLayouts() if one.name().startswith("Card")]
    (shown,) = items(layout, QgsLayoutItemMap)
    (bar,) = items(layout, QgsLayoutItemScaleBar)
    pages = {"": labels_of(layout)}
    atlas, image = layout.atlas(), QgsLayoutExporter.ImageExportSettings()
    image.dpi = 60
    assert atlas.beginRender()
    while atlas.next():
        place = layout.reportContext().feature()
        (middle, point) = shown.extent().center(), place.geometry().asPoint()
        pages[place["site_id"]] = {
            **labels_of(layout),
            "file": atlas.currentFilename(),
            "off_m": point.distance(middle),
            "scale": shown.scale(),
        }
    assert atlas.first()
    printed_to = str(folder / "card.png")
    assert QgsLayoutExporter(layout).exportToImage(printed_to, image) == QgsLayoutExporter.Success
    system = project.crs()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    assert atlas.first()
    in_degrees = shown.scale()
    project.setCrs(system)
    atlas.endRender()
    pages[""] |= {"colors": colors_of(QImage(printed_to)), "linked": bar.linkedMap() == shown, "in_degrees": in_degrees}
    return pages


def printed(layout, folder):
    """Print a layout as an analyst would: the whole map as PNG and PDF, then a page a region; tell what is on it."""
    target = folder / "printed" / layout.name()
    target.mkdir(parents=True)
    exporter = QgsLayoutExporter(layout)
    image = QgsLayoutExporter.ImageExportSettings()
    image.dpi = 60
    image.generateWorldFile = False
    pdf = QgsLayoutExporter.PdfExportSettings()
    pdf.exportMetadata = True
    results = [
        exporter.exportToImage(str(target / "whole.png"), image),
        exporter.exportToPdf(f"{target}/whole.pdf", pdf),
    ]
    whole = labels_of(layout)
    (bar,) = items(layout, QgsLayoutItemScaleBar)
    whole_km = bar.unitsPerSegment()
    result, problem = QgsLayoutExporter.exportToImage(layout.atlas(), str(target / "atlas"), "png", image)
    assert not problem, problem
    (shown,) = items(layout, QgsLayoutItemMap)
    (legend,) = items(layout, QgsLayoutItemLegend)
    page = layout.pageCollection().page(0).sizeWithUnits()
    return {
        "results": [*results, result],
        "files": sorted(file.name for file in target.iterdir()),
        "colors": {file.name: colors_of(QImage(str(file))) for file in target.glob("*.png")},
        "size_mm": [page.width(), page.height()],
        "labels": whole,
        "atlas_labels": labels_of(layout),
        "legend": [layer.name() for layer in legend.model().rootGroup().findLayers()],
        "follows": shown.followVisibilityPreset(),
        "linked": [
            legend.linkedMap() == shown,
            bar.linkedMap() == shown,
            bar.units() == QgsUnitTypes.DistanceKilometers,
        ],
        "segments_km": [whole_km, bar.unitsPerSegment()],
        "bar_mm": [bar.minimumBarWidth(), bar.maximumBarWidth()],
        "outside": [item.id() for item in items(layout, object) if item.id() != "page" and not inside(layout, item)],
    }


def items(layout, kind):
    """Return the items of a kind on a page of a layout."""
    return [item for item in layout.items() if isinstance(item, kind) and hasattr(item, "id")]


def labels_of(layout):
    """Return what the labels say at the moment."""
    return {item.id(): item.currentText() for item in items(layout, QgsLayoutItemLabel)}


def inside(layout, item):
    """Tell whether an item lies on the page as a whole."""
    page = layout.pageCollection().page(0)
    return page.sceneBoundingRect().adjusted(-1, -1, 1, 1).contains(item.mapRectToScene(item.rect()))


def colors_of(image):
    """Count the colors of a picture."""
    pixels = image.convertToFormat(QImage.Format_RGB32).constBits()
    pixels.setsize(image.width() * image.height() * 4)
    return len({*memoryview(pixels).cast("I")})


def draw_theme(project, name):
    """Draw a map theme near and far: which layers it shows with which styles, how many colors, and what went wrong."""
    themes = project.mapThemeCollection()
    shown = themes.mapThemeVisibleLayers(name)
    overrides = themes.mapThemeStyleOverrides(name)
    return {
        "layers": [layer.name() for layer in shown],
        "styles": {record.layer().name(): record.currentStyle for record in themes.mapThemeState(name).layerRecords()},
        "overridden": len(overrides),
        "colors": [draw(project, shown, overrides, part) for part in (1.0, 0.1)],
    }


def related(project, name, column):
    """Follow a relation from each site: site -> a column of its rows."""
    for relation in project.relationManager().relations().values():
        if relation.name() == name:
            sites = relation.referencedLayer().getFeatures()
            return {f["site_id"]: [other[column] for other in relation.getRelatedFeatures(f)] for f in sites}
    return {}


def records_of(project, name):
    """Follow a relation from each question: the key that it names, and those of the records that its form shows."""
    (relation,) = (one for one in project.relationManager().relations().values() if one.name() == name)
    (column,) = relation.referencedFields()
    questions = relation.referencedLayer().getFeatures()
    return [
        [asked.attribute(column) or None, [found["record_key"] for found in relation.getRelatedFeatures(asked)]]
        for asked in questions
    ]


def between(project):
    """Return how long the line is that leads from each question to its right record; null where there is none."""
    (layer,) = project.mapLayersByName("Open questions")
    kinds = layer.renderer().categories()  # kept, since what QGIS hands out of it does not outlive it
    symbol = kinds[0].symbol()
    defined = symbol.symbolLayer(1).dataDefinedProperties()
    names = (QgsSymbolLayer.PropertyLayerEnabled, QgsSymbolLayer.PropertySize, QgsSymbolLayer.PropertyOffset)
    found = {}
    for asked in layer.getFeatures():
        scopes = context(layer, asked)
        shown, length, offset = (defined.property(name).value(scopes)[0] for name in names)
        assert not shown or offset == f"0,{-length / 2}"
        found[asked["review_id"]] = length if shown else None
    return found


def controller(project):
    """Return first and last year of the temporal controller, its step, and the title of a map without and with it."""
    told = project.timeSettings()
    assert told.temporalRange().isInfinite(), (
        "QGIS 3.22 would open on the last hour of a range, and hide what ended before"
    )
    layers = QgsTemporalUtils.calculateTemporalRangeForProject(project)
    years = [moment.date().year() for moment in (layers.begin(), layers.end())]
    label, _ = project.readEntry("TitleLabel", "/Label")
    titles = [QgsExpression.replaceExpressionText(label, scopes) for scopes in (in_decade(None), in_decade(1850))]
    return [*years, told.timeStep(), told.timeStepUnit() == QgsUnitTypes.TemporalYears, *titles]


def in_decade(year):
    """Return the context of a map of ten years from a year on, or of one without time."""
    settings = QgsMapSettings()
    if year:
        settings.setIsTemporal(True)
        begin, end = (QDateTime(QDate(year + more, 1, 1), QTime(0, 0), Qt.UTC) for more in (0, 10))
        settings.setTemporalRange(QgsDateTimeRange(begin, end, True, False))
    scopes = QgsExpressionContext()
    scopes.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    return scopes


def opacities(layer):
    """Return how opaque each symbol is: without time, in time with a start year and without one, each once."""
    (faded,) = {
        symbol.dataDefinedProperties().property(QgsSymbol.PropertyOpacity).expressionString()
        for symbol in layer.renderer().symbols(QgsRenderContext())
    }
    found = {}
    for name, year in (("still", None), ("in_time", 1850)):
        scopes = in_decade(year)
        for row in layer.getFeatures():
            scopes.setFeature(row)
            scopes.setFields(layer.fields())
            begun = "unknown" if row["start_year"] in (None, NULL) else "known"
            found.setdefault(f"{name}_{begun}", set()).add(QgsExpression(faded).evaluate(scopes))
    return {name: sorted(values) for name, values in found.items()}


def question_mark(project, name):
    """Return how far right and up of the first question each "?" begins in a map theme, in millimeters at 1:25,000."""
    (layer,) = (one for one in project.mapLayers().values() if one.name() == "Open questions")
    themes = project.mapThemeCollection()
    settings = map_of(project, themes.mapThemeVisibleLayers(name), themes.mapThemeStyleOverrides(name))
    point = next(layer.getFeatures()).geometry().asPoint()
    settings.setExtent(QgsRectangle.fromCenterAndSize(point, 1500, 1500))
    settings.setOutputDpi(96)
    settings.setOutputSize(QSize(227, 227))  # 60 mm
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    placed = [one.labelRect for one in job.takeLabelingResults().allLabels() if one.layerID == layer.id()]
    return [[(one.xMinimum() - point.x()) / 25, (one.yMinimum() - point.y()) / 25] for one in placed]


def ring_in_legend(project):
    """Return the stroke of the ring of a question in a legend, where QGIS has the name of a column for its value."""
    (layer,) = (one for one in project.mapLayers().values() if one.name() == "Open questions")
    drawn = layer.renderer().categories()  # kept, since what QGIS hands out of it does not outlive it
    symbol = drawn[0].symbol()
    stroke = symbol.symbolLayer(0).dataDefinedProperties().property(QgsSymbolLayer.PropertyStrokeStyle)
    nobody = next(layer.getFeatures())
    nobody.setAttribute("decision", "[decision]")
    return QgsExpression(stroke.expressionString()).evaluate(context(layer, nobody))


def map_of(project, layers, overrides):
    """Return the settings of a map of layers."""
    settings = QgsMapSettings()
    settings.setLayerStyleOverrides(overrides)
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(PICTURE)
    settings.setOutputDpi(48)  # half as many points for the same map
    settings.setBackgroundColor(QColor("white"))
    return settings


def draw(project, layers, overrides=None, part=1.0):
    """Draw the map, or its middle part, and count its colors."""
    settings = map_of(project, layers, overrides or {})
    extent = QgsRectangle(project.viewSettings().defaultViewExtent())
    sites = [layer for layer in project.mapLayers().values() if layer.name() == "Industrial sites"]
    if part < 1:
        extent = QgsRectangle.fromCenterAndSize(
            next(sites[0].getFeatures()).geometry().asPoint(), extent.width() * part, extent.height() * part
        )
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors(), [error.message for error in job.errors()]
    image = job.renderedImage()
    if len(sys.argv) > 2:
        image.save(sys.argv[2])
    return colors_of(image)


main()
