"""The system's Python, which is the one that has QGIS."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final

PYTHON: Final = "/usr/bin/python3"


def has_qgis() -> bool:
    """Look for QGIS without loading it, which takes a second."""
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('qgis') is None)"
    return bool(shutil.which(PYTHON)) and not subprocess.run([PYTHON, "-c", look], check=False).returncode
