"""Make the pictures of the documentation from a release of the sample: `python docs/pictures.py RELEASE`.

Needs Chromium for the map page, QGIS for the picture of the project, and the extras `research` and `notebooks`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PICTURES = Path(__file__).resolve().parent / "pictures"
DRAWN = "globalThis.inducult && inducult.map.map && inducult.map.map.loaded() && inducult.map.map.areTilesLoaded()"
SHOWN = "#map=7.50/50.4500/12.7000&region=zwickau&region=karlovy-vary"
QGIS = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
assert project.read(f"geopackage:{sys.argv[1]}?projectName=inducult")
shown = [layer for layer in project.layerTreeRoot().checkedLayers() if layer.isSpatial()]
(regions,) = [layer for layer in shown if layer.name() == "Regions"]
(region,) = [f for f in regions.getFeatures() if f["region"] == "padova"]
settings = QgsMapSettings()
settings.setLayers(shown)
settings.setDestinationCrs(project.crs())
settings.setOutputSize(QSize(900, 620))
settings.setBackgroundColor(QColor("white"))
settings.setExtent(region.geometry().boundingBox().buffered(4000))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
assert job.renderedImage().save(sys.argv[2])
sys.stdout.flush()
os._exit(0)
"""
"""Draws the embedded project as QGIS opens it; run by the system's Python, which has QGIS."""
KEPT = ("accuracy", "branches", "density", "page", "qgis", "sites")
COLORS = 200
"""Colors of a picture: enough for maps and plots, and half the size."""


def main(release: Path) -> None:
    """Make every picture anew."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser import Browser

    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        browser = Browser(made / "profile")
        try:
            browser.open(release / "index.html", width=1200, height=720, fragment=SHOWN)
            browser.until(DRAWN)
            browser.run("document.querySelectorAll('details[open]').forEach(part => { part.open = false })")
            browser.picture(made / "page.png")
        finally:
            browser.close()
        copy = Path(shutil.copy(release / "inducult.gpkg", made))
        subprocess.run(["/usr/bin/python3", "-c", QGIS, copy, made / "qgis.png"], check=True)
        figures(release, made)
        PICTURES.mkdir(exist_ok=True)
        for picture in (made / f"{name}.png" for name in KEPT):
            Image.open(picture).convert("RGB").quantize(COLORS).save(PICTURES / picture.name, optimize=True)


def figures(release: Path, folder: Path) -> None:
    """Take the figures of the notebooks."""
    os.environ |= {"INDUCULT_RELEASE": str(release), "INDUCULT_FIGURES": str(folder)}
    path = ROOT / "notebooks" / "6_figures.ipynb"
    NotebookClient(nbformat.read(path, as_version=4), resources={"metadata": {"path": str(path.parent)}}).execute()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
