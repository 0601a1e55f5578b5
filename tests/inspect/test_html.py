from pathlib import Path

import pytest

from vpd.errors import StoreError
from vpd.inspect.html import write_page


def test_write_page_leaves_no_half_file(tmp_path: Path) -> None:
    write_page("<p>ü", tmp_path / "new" / "page.html")
    assert (tmp_path / "new" / "page.html").read_text() == "<p>ü"
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"page\.html"):
        write_page("<p>", tmp_path / "file" / "page.html")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["page.html"]
