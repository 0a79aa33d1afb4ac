"""Killed, crowded out, locked out: the store that was there stays, and the next import makes the same store."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harmpath.errors import StoreError
from harmpath.records import ImportReport, import_folder, open_store

from .conftest import nvd_feed, nvd_item, store_content

IMPORT = "import sys; from pathlib import Path; from harmpath.records import import_folder; "
IMPORT += "import_folder(Path(sys.argv[1]), Path(sys.argv[2]))"


def _start(folder: Path, store: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", IMPORT, str(folder), str(store)], stderr=subprocess.PIPE)


def test_killed_at_any_moment_then_run_again_gives_the_same_store(
    real_import: ImportReport, real_folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "killed.sqlite"
    working = tmp_path / "killed.sqlite.importing"
    kills = 0
    for delay in (0.0, 0.3, 0.7, 1.2, 1.6, 2.0):
        process = _start(real_folder, store)
        started = time.monotonic()
        while not working.exists() and process.poll() is None and time.monotonic() - started < 20:
            time.sleep(0.005)
        time.sleep(delay)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(20)
        process.stderr.close()  # type: ignore[union-attr]
    assert kills >= 2
    import_folder(real_folder, store)
    assert store_content(store) == store_content(real_import.store)
    assert store.read_bytes() == real_import.store.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["killed.sqlite"]


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from harmpath.records import importing, import_folder

moment = sys.argv[3]

def told(what, done, total):
    if what == moment:
        os.kill(os.getpid(), signal.SIGKILL)

if moment in ("write_coverage", "_remove", "write_parsed"):
    real = getattr(importing, moment)
    def killed(*arguments, **options):
        real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(importing, moment, killed)
import_folder(Path(sys.argv[1]), Path(sys.argv[2]), told)
"""


@pytest.mark.parametrize("moment", ["b.json", "write_parsed", "product index", "coverage", "write_coverage", "_remove"])
@pytest.mark.parametrize("onto_a_store", [False, True])
def test_killed_at_a_named_moment(tmp_path: Path, moment: str, onto_a_store: bool) -> None:
    folder, store, whole = tmp_path / "feeds", tmp_path / "s.sqlite", tmp_path / "whole.sqlite"
    folder.mkdir()
    (folder / "0.json").write_bytes(nvd_feed(nvd_item("CVE-2023-0001")))
    if onto_a_store:
        import_folder(folder, store)
        import_folder(folder, whole)
    before = store.read_bytes() if onto_a_store else None
    for name in "abc":
        items = [nvd_item(f"CVE-2024-{ord(name)}{n:02}") for n in range(50)]
        (folder / f"{name}.json").write_bytes(
            nvd_feed(*items, nvd_item("CVE-2023-0001", modified=f"2024-0{ord(name) - 96}-01"))
        )
    done = subprocess.run([sys.executable, "-c", KILLED_AT, str(folder), str(store), moment], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert (store.read_bytes() if store.exists() else None) == before
    import_folder(folder, store)
    import_folder(folder, whole)
    assert store_content(store) == store_content(whole)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"feeds", "s.sqlite", "whole.sqlite"}


def test_a_killed_import_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    (folder / "a.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    import_folder(folder, tmp_path / "part.sqlite")
    # What a kill after the first file leaves: its working copy, no store.
    (tmp_path / "part.sqlite").rename(tmp_path / "s.sqlite.importing")
    (folder / "b.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0002")))
    report = import_folder(folder, tmp_path / "s.sqlite")
    assert [(f.name, f.status) for f in report.files] == [("a.json", "already"), ("b.json", "imported")]
    with open_store(report.store) as store:
        assert store.get("CVE-2024-0001") and store.get("CVE-2024-0002")


def test_a_damaged_working_copy_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    (tmp_path / "s.sqlite.importing").write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    report = import_folder(tmp_path / "a.json", tmp_path / "s.sqlite")
    assert report.taken == 1


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are a Unix matter")
def test_full_disk_is_one_clear_error_and_the_old_store_stays(tmp_path: Path, real_folder: Path) -> None:
    store = tmp_path / "s.sqlite"
    (tmp_path / "a.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    import_folder(tmp_path / "a.json", store)
    before = store.read_bytes()
    limited = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from harmpath.errors import StoreError\nfrom harmpath.records import import_folder\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
        "try:\n    import_folder(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except StoreError as error:\n    print(error.diagnostics()); sys.exit(2)\n"
    )
    done = subprocess.run([sys.executable, "-c", limited, str(real_folder), str(store)], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "could not be written" in done.stdout and "unchanged" in done.stdout
    assert store.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "s.sqlite"]


def test_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="could not be written"):
        import_folder(tmp_path / "a.json", tmp_path / "file" / "s.sqlite")


def test_second_import_at_the_same_time_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harmpath.records.importing.BUSY_SECONDS", 0.1)
    (tmp_path / "a.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0001")))
    import_folder(tmp_path / "a.json", tmp_path / "s.sqlite")
    working = tmp_path / "s.sqlite.importing"
    shutil.copyfile(tmp_path / "s.sqlite", working)
    other = sqlite3.connect(working, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    (tmp_path / "b.json").write_bytes(nvd_feed(nvd_item("CVE-2024-0002")))
    with pytest.raises(StoreError, match="locked"):
        import_folder(tmp_path / "b.json", tmp_path / "s.sqlite")
    other.close()


@pytest.mark.parametrize("content", [b"", b"not sqlite at all", b"SQLite format 3\0" + bytes(4096)])
def test_what_is_no_store_is_not_opened(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.sqlite").write_bytes(content)
    with pytest.raises(StoreError, match=r"store") as error:
        open_store(tmp_path / "s.sqlite")
    assert error.value.remedy
