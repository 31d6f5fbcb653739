"""All indicators: importing this registers every file beside it. A strategy imports just those that it needs."""

from __future__ import annotations

import importlib
import pkgutil

from hlmaster.market import indicators
from hlmaster.market.indicators.indicator import INDICATORS

__all__ = ["INDICATORS"]

for found in pkgutil.iter_modules(indicators.__path__, f"{indicators.__name__}."):
    if found.name != __name__:
        importlib.import_module(found.name)
