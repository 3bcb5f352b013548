"""Read one spreadsheet in a process of its own and print it as JSON: `sheet_child.py FILE SHEET MEMORY_MB`.

One stray cell in the last corner makes the reader ask for half a terabyte, which ends its process. So that it is not
ours, this file is run as a program by `sheets`; it needs nothing but the standard library and calamine.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from typing import Any


def _limit(megabytes: int) -> None:
    """Bound the memory where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _cell(value: Any) -> Any:
    """Return a cell as a person sees it: whole numbers without a decimal point, dates in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value if value == value else None
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)


def _opened(path: str) -> Any:
    """Open a workbook; an .ods that was indented (as GDAL does) without the white space that stops calamine."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(path)
    except CalamineError:
        if not path.lower().endswith(".ods"):
            raise
    plain = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(plain, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "content.xml":
                data = re.sub(rb">\s+(?=</?(?:table|office|style|number):)", b">", data)
                data = re.sub(rb"(<table:table-cell[^>]*>)\s+(?=<text:)", rb"\1", data)
            target.writestr(name, data)
    plain.seek(0)
    return CalamineWorkbook.from_filelike(plain)


def _is_filled(book: Any, name: str) -> bool:
    from python_calamine import CalamineError

    try:
        return bool(book.get_sheet_by_name(name).height)
    except CalamineError:
        # A sheet that cannot be read is none that can be passed over.
        return True


def read(path: str, wanted: str | int | None) -> dict[str, Any]:
    """Return the names of the sheets and the rows of the one wanted; of the only one that holds any, where none is."""
    book = _opened(path)
    names = list(book.sheet_names)
    if wanted is None and len(names) > 1:
        # Older programs put three sheets into every new workbook.
        names = [name for name in names if _is_filled(book, name)] or names
    if isinstance(wanted, int):
        name = names[wanted - 1] if 1 <= wanted <= len(names) else None
    elif wanted is None:
        name = names[0] if len(names) == 1 else None
    else:
        name = wanted if wanted in names else None
    if name is None:
        return {"sheets": names, "name": None, "rows": []}
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return {"sheets": names, "name": name, "rows": [[_cell(value) for value in row] for row in rows]}


def main() -> None:
    """Print the sheet, or what is wrong with it."""
    _limit(int(sys.argv[3]))
    try:
        answer = read(sys.argv[1], json.loads(sys.argv[2]))
    # The reader's faults come in every shape, its panics even outside of Exception.
    except BaseException as problem:
        answer = {"error": f"{type(problem).__name__}: {str(problem)[:300]}"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


if __name__ == "__main__":
    main()
