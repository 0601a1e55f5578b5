"""`vpd execute` with the real tools on a real scene."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vpd.cli.execute import command
from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import EASY
from vpd.errors import ConfigError, SandboxError
from vpd.execution import jail

COUNT = (
    "def execute_command(image):\n    cubes = ImagePatch(image).find('cube')\n    return str(len(cubes))\n"
)

app = typer.Typer()
app.command()(command)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    program, image = tmp_path / "program.py", tmp_path / "scene.png"
    program.write_text(COUNT)
    image.write_bytes(generate_scene(EASY, 3)[1])
    return program, image


def run(program: Path, image: Path, *options: str) -> str:
    arguments = ["--program", str(program), "--image", str(image), *options]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_execute_as_json_holds_outcome_answer_and_events(files: tuple[Path, Path]) -> None:
    out = json.loads(run(*files, "--json"))
    assert (out["outcome"], out["message"]) == ("answered", None)
    assert out["isolation"].startswith("vm")
    assert [event["kind"] for event in out["events"]] == ["tool", "value", "return"]
    assert out["answer"] == str(len(out["events"][0]["value"]))


def test_execute_for_people_shows_program_steps_and_answer(files: tuple[Path, Path]) -> None:
    shown = run(*files)
    answer = json.loads(run(*files, "--json"))["answer"]
    assert "return str(len(cubes))" in shown
    assert "find('cube')" in shown
    assert shown.rstrip().splitlines()[-1].split() == ["answered", answer]


@pytest.mark.parametrize(
    ("source", "outcome"),
    [("return [1]", "runtime"), ("return 1 +", "syntax"), ("import os\nreturn 1", "policy")],
)
def test_execute_program_that_fails_is_shown_with_its_outcome(
    files: tuple[Path, Path], source: str, outcome: str
) -> None:
    files[0].write_text(source)
    out = json.loads(run(*files, "--json"))
    assert (out["outcome"], out["answer"]) == (outcome, None)
    assert out["message"] in run(*files).replace("\n", " ")


def test_execute_missing_or_broken_files_are_clear_errors(files: tuple[Path, Path], tmp_path: Path) -> None:
    program, image = files
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    for wrong in [
        (tmp_path / "none.py", image),
        (tmp_path / "bytes.py", image),
        (program, tmp_path / "none.png"),
        (program, tmp_path / "text.png"),
    ]:
        with pytest.raises(ConfigError, match=r"give|picture"):
            run(*wrong)
    with pytest.raises(ConfigError, match="scenes"):
        run(program, image, "--tools", "nothing")


def test_execute_writes_the_run_as_a_page_beside_what_it_prints(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "run.html"
    answer = json.loads(run(*files, "--json", "--html", str(page)))["answer"]
    html = page.read_text()
    assert "return str(len(cubes))" in html
    assert f'<p class="end s-answered">{answer}</p>' in html


def test_execute_below_the_isolation_required_is_a_clear_error(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jail, "_bwraps", list)
    assert json.loads(run(*files, "--json", "--require-isolation", "vm"))["isolation"] == "vm"
    with pytest.raises(SandboxError, match="vm\\+jail"):
        run(*files, "--require-isolation", "vm+jail")
