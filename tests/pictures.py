"""Picture files that no library would write."""

import struct
import zlib


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and has no pixels, so that decoding it would fail in another way."""
    fields = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + fields
    begin = struct.pack(">I", len(fields)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    end = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + begin + end
