"""Decompressing gzip: by ISA-L where it is installed (https://github.com/pycompression/python-isal), else by zlib.

Of the time that reading a data file takes zlib is a fifth, and ISA-L needs less than half of that. Both are asked alike.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

_CHOSEN: Final[ModuleType] = import_module("isal.isal_zlib") if find_spec("isal") else zlib
decompressobj: Final = _CHOSEN.decompressobj
DAMAGE: Final[tuple[type[Exception], ...]] = (EOFError, zlib.error, _CHOSEN.error)
"""What is raised where data are damaged or cut off."""
