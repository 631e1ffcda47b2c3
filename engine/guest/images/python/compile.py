"""Compiles the modules that common programs import. Runs inside the image that is being built."""

import importlib
import py_compile
import sys

USUAL = """
    argparse base64 collections.abc contextlib copy csv dataclasses datetime functools hashlib html http.server
    itertools json logging math os pathlib platform queue random re readline rlcompleter shutil signal socket
    string struct subprocess sys tempfile textwrap threading time traceback typing urllib.request uuid
""".split()

for name in USUAL:
    importlib.import_module(name)
for module in sorted(sys.modules.values(), key=lambda module: getattr(module, "__file__", None) or ""):
    file = getattr(module, "__file__", None) or ""
    if file.startswith("/usr/lib/python3") and file.endswith(".py"):
        # The files of an image do not change: nothing has to be compared when they are loaded.
        py_compile.compile(
            file, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
