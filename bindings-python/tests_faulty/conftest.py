"""The package on an extension that stops on purpose: `cargo xtask test --only containment` builds it and says where it lies."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import ExtensionFileLoader

_NAME = "brownout._core"
_loader = ExtensionFileLoader(_NAME, os.environ["BROWNOUT_FAULTY"])
_spec = importlib.util.spec_from_file_location(_NAME, os.environ["BROWNOUT_FAULTY"], loader=_loader)
assert _spec is not None
sys.modules[_NAME] = importlib.util.module_from_spec(_spec)
_loader.exec_module(sys.modules[_NAME])
