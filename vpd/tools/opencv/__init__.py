"""Vision tools for scenes: classical computer vision on pixels alone, with honest mistakes."""
