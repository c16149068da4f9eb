"""ZIP files that are sent while they are made: no more than a file of them lies in memory."""

import zipfile
from io import SEEK_SET, BytesIO
from typing import cast


class _Ahead:
    """A file whose beginning is gone: only what was written since can be changed."""

    def __init__(self) -> None:
        self._gone = 0
        self._kept = BytesIO()

    def write(self, content: bytes) -> int:
        return self._kept.write(content)

    def flush(self) -> None:
        """There is nothing beyond."""

    def tell(self) -> int:
        return self._gone + self._kept.tell()

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        return self._gone + self._kept.seek(offset - self._gone, whence)

    def taken(self) -> bytes:
        content = self._kept.getvalue()
        self._gone += len(content)
        self._kept = BytesIO()
        return content


class Archive:
    """`add` each file, and `end`: both tell the bytes that are to be sent next."""

    def __init__(self) -> None:
        self._file = _Ahead()
        self._archive = zipfile.ZipFile(cast("BytesIO", self._file), "w", zipfile.ZIP_STORED)

    def add(self, name: str, content: bytes) -> bytes:
        self._archive.writestr(name, content)
        return self._file.taken()

    def end(self) -> bytes:
        self._archive.close()
        return self._file.taken()
