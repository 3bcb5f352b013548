"""Set up the process of the command line, and the processes that it starts; a library must not do this."""

from __future__ import annotations

import gc
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

_CPUS: Final = Path("/proc/cpuinfo")
_FIRST: Final = 4096
"""Bytes of it that tell of one processor: the kernel makes up the list as it is read, however many there are."""

_WIDEST: Final = "X86_V4 AVX512_ICL"
"""NumPy's names for its loops over 512 bits."""


def set_up_process() -> None:
    """Set up this process and those it starts for tables of millions of rows.

    Must come before NumPy and pyarrow are imported, which read their settings once. A person's own settings hold.
    """
    # Such tables have no cycles: to look for them as often as Python does by itself is a twelfth of a large run.
    gc.set_threshold(10_000, 20, 50)
    # Arrow's own pool gives memory back between blocks of rows, and the system clears it anew for the next one.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with suppress(OSError), _CPUS.open(encoding="utf-8", errors="replace") as handle:
        if packs_slowly(handle.read(_FIRST)):
            os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", _WIDEST)


def packs_slowly(told: str) -> bool:
    """Tell whether a processor is one on which NumPy sorts several times as fast over 256 bits as over 512.

    NumPy's wide sort writes what it picks out of a vector straight to memory; Zen 4 of AMD (family 25, as Zen 3, which
    has no AVX-512) does that one value at a time. numpy/x86-simd-sort tells of it in its issue 6.

    Parameters
    ----------
    told
        What Linux tells of it in `/proc/cpuinfo`.
    """
    facts = dict(re.findall(r"^(vendor_id|cpu family|flags)\s*: *(.*)$", told, re.MULTILINE))
    is_family = (facts.get("vendor_id"), facts.get("cpu family")) == ("AuthenticAMD", "25")
    return is_family and "avx512f" in facts.get("flags", "").split()
