import socket
import subprocess
import sys

from jobs import ui


def test_ui_shows_a_local_tracking_store_beside_dagster(tmp_path):
    dagster, mlflow = ui.commands("sqlite:///x.db", tmp_path)
    assert "dagster" in dagster
    assert "sqlite:///x.db" in mlflow
    assert all("127.0.0.1" in command for command in (dagster, mlflow))


def test_ui_leaves_a_tracking_server_to_show_itself(tmp_path):
    (dagster,) = ui.commands("http://tracking:5000", tmp_path)
    assert "dagster" in dagster


def test_ui_with_a_port_in_use_names_it_and_starts_nothing(monkeypatch, capsys):
    monkeypatch.setattr(ui.subprocess, "Popen", None)  # to call it would be an error
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ui, "MLFLOW", port)
        monkeypatch.setattr(ui, "DAGSTER", 0)
        assert ui.main() == 1
    assert f"port {port} is in use" in capsys.readouterr().err


def test_ui_stops_a_server_with_what_it_started(monkeypatch):
    monkeypatch.setattr(ui, "PATIENCE", 5.0)
    ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    deaf = f"{ignore}; print('up', flush=True); time.sleep(60)"
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {deaf!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "up\n"
        ui._stop(server)
        assert server.stdout.read() == ""  # the last holder of the other end is gone
