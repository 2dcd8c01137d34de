"""What problems are about: `problems/topics.yaml` maps each topic to its title."""

from functools import lru_cache
from types import MappingProxyType

from grader.bank.fields import Faults, Fields
from grader.bank.places import versions
from grader.bank.yaml_text import read_yaml

FILE = "topics.yaml"


def known_topics(root=None):
    """Topics and their titles: those that come with the grader, and those the bank at `root` adds."""
    return _topics(*versions(FILE, root))


@lru_cache(maxsize=32)
def _topics(*files):
    return MappingProxyType({topic: title for path, *_ in files for topic, title in _read(path).items()})


def _read(path):
    tree, faults = read_yaml(path)
    faults = Faults(faults)
    fields = Fields(tree, "topics", faults)
    titles = {str(topic): str(fields.as_text(node, f"'{topic}'")) for topic, node in fields.table.items()}
    faults.raise_any()
    return titles
