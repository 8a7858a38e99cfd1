"""Static files under names that change with their content, so that browsers may keep them for ever."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

SELDOM_LOADED = re.compile(r"/(admin|rest_framework)/")


class HashedStorage(CompressedManifestStaticFilesStorage):
    # Modules import each other by name; without this a new one would be given its neighbour of yesterday.
    support_js_module_import_aggregation = True
    # Ours only: of others', some import what they do not ship.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]  # not in the stubs
    )

    def create_compressor(self, **options: Any) -> Compressor:
        return _Compressor(**options)


class _Compressor(Compressor):
    """Brotli for the pages; the admin's files are twenty times as many bytes, and gzip is done with them at once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._quick = Compressor(use_brotli=False, **options)  # type: ignore[no-untyped-call]

    def compress(self, path: str) -> Iterable[str]:
        if SELDOM_LOADED.search(path):
            return self._quick.compress(path)  # type: ignore[no-any-return, no-untyped-call]
        return super().compress(path)  # type: ignore[no-any-return, no-untyped-call]
