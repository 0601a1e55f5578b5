import uuid
from pathlib import Path
from threading import Event

from vpd.chat.machine_lock import MachineLock


def test_lock_in_a_folder_that_takes_no_files_is_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lock = MachineLock(Path("/proc") / uuid.uuid4().hex)
    assert lock.take(Event())
    assert len(list(tmp_path.iterdir())) == 1
    lock.give_back()


def test_lock_is_held_until_it_is_given_back_as_often_as_taken(tmp_path):
    first, second = MachineLock(tmp_path / "model"), MachineLock(tmp_path / "model")
    for _ in range(2):
        assert first.take(Event())
        assert second.take(Event())
        first.give_back()
        second.give_back()
    assert [path.name for path in tmp_path.iterdir()] == ["model.lock"]
