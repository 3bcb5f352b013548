"""Export tables of a PostGIS database in QGIS and put them through an algorithm; run by the system's Python.

Writes what was met as JSON: `python3 qgis_postgis.py "dbname='maps' host=..." TABLE ...`; the password is `PGPASSWORD`.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import QgsApplication, QgsCoordinateTransformContext, QgsVectorFileWriter, QgsVectorLayer


def main():
    application = QgsApplication([], False)
    application.initQgis()
    sys.path.append(f"{QgsApplication.pkgDataPath()}/python/plugins")
    from processing.core.Processing import Processing

    Processing.initialize()
    source, *tables = sys.argv[1:]
    with TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps({table: look(source, table, Path(folder)) for table in tables}) + "\n")
    application.exitQgis()


def look(source, table, folder):
    """Save a table as GeoJSON and make a new layer of it: what went wrong (nothing: ""), and how many rows came out."""
    with_place, without = (opened(source, table, column) for column in (" (geom)", ""))
    layer, algorithm = (with_place, "native:buffer") if with_place.isValid() else (without, "native:savefeatures")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GeoJSON"
    target = folder / f"{table}.geojson"
    _, problem, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, str(target), QgsCoordinateTransformContext(), options
    )
    rows = 0 if problem else len(json.loads(target.read_text(encoding="utf-8"))["features"])
    return {"exported": [problem, rows], "made": made(algorithm, layer)}


def opened(source, table, column):
    """Open a table, with its column of geometries or none."""
    return QgsVectorLayer(f'{source} key=\'fid\' table="inducult"."{table}"{column}', table, "postgres")


def made(algorithm, layer):
    """Put a layer through an algorithm; return how many rows came out, or what went wrong."""
    import processing

    try:
        output = processing.run(algorithm, {"INPUT": layer, "OUTPUT": "TEMPORARY_OUTPUT"})["OUTPUT"]
    except Exception as problem:
        return str(problem)
    return (output if isinstance(output, QgsVectorLayer) else QgsVectorLayer(output, "", "ogr")).featureCount()


main()
