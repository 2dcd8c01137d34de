"""Small banks, made up for a test."""

import pytest


@pytest.fixture
def make_bank(tmp_path, monkeypatch):
    """A function that writes files (path below the bank -> text) and gives the bank's folder, which is then the default one."""

    def make(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv("GRADER_BANK", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make
