"""Answer questions of a review as an analyst does: open the embedded project in a headless QGIS, edit, save.

Run by the system's Python: `python3 qgis_answer.py inducult.gpkg answers.json`, where the answers are
`{review_id: {column: value}}`. Writes as JSON how many were saved and which files lie beside the GeoPackage.
"""

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import QgsApplication, QgsProject


def main() -> None:
    """Edit the layer of the open questions of the embedded project."""
    path = Path(sys.argv[1]).resolve()
    answers = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    assert project.read(f"geopackage:{path}?projectName=inducult")
    (layer,) = [one for one in project.mapLayers().values() if "layername=review" in one.source()]
    assert layer.startEditing(), "the layer can be edited"
    saved = 0
    for feature in layer.getFeatures():
        for column, value in answers.get(feature["review_id"], {}).items():
            assert layer.changeAttributeValue(feature.id(), layer.fields().lookupField(column), value)
            saved += 1
    assert layer.commitChanges(), layer.commitErrors()
    beside = sorted(one.name for one in path.parent.iterdir())
    sys.stdout.write(json.dumps({"saved": saved, "beside": beside}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # QGIS stays open for the test's purposes: what it has not yet written back stays in the log


main()
