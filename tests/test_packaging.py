"""What a wheel holds: every package, and the bank."""

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_setup_cfg_lists_every_package():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    files = [path.relative_to(ROOT) for path in (ROOT / "grader").rglob("*.py")]
    assert listed == {".".join(path.parent.parts) for path in files} | {"grader.problems", "grader.solutions"}
