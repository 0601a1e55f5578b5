"""The inference benchmark: what its students learn from, and what its programs are asked."""

from pathlib import Path

from benchmarks._lessons import write_lessons
from benchmarks.inference import one_a_picture, with_known_names
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

PROGRAM = """
def execute_command(image):
    cubes = ImagePatch(image).find("small red cubes")
    other = [c for c in cubes if c.exists(f"large {c.simple_query('What color is the cylinder?')} sphere")]
    return str(len(other)) if cubes else "small"
"""


def test_with_known_names_changes_texts_and_nothing_else() -> None:
    changed = with_known_names(PROGRAM)
    assert "find('red cup')" in changed
    assert "cubes = ImagePatch(image)" in changed
    assert "What color is the bottle?" in changed
    assert "sports ball" in changed
    assert "'small'" in changed
    compile(changed, "program", "exec")


def test_one_a_picture_asks_once_about_each() -> None:
    asked = one_a_picture(3)
    assert len({lesson.picture.image_id for lesson in asked}) == 3
    assert all(lesson.programs for lesson in asked)


def test_write_lessons_has_answers_to_all_and_right_rationales_to_most(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    rows = [r for shard in write_lessons(store, 3) for r in EXAMPLES.rows(store.read_shard(EXAMPLES, shard))]
    answers = [row for row in rows if row.mode == "answer"]
    rationales = [row for row in rows if row.mode == "rationale"]
    assert len(answers) >= len(rationales) > len(answers) / 2
    assert all(row.target.endswith(f"The answer is {row.answer}.") for row in rationales)
