import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent


def imported() -> set[str]:
    """Top-level names that the program imports, the standard library's and its own left out."""
    names: set[str] = set()
    for file in (REPOSITORY / "services" / "storyfold").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"storyfold", "newsroom"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_whatever_is_imported_is_declared_and_locked() -> None:
    """A fresh clone has each library that the program imports: named in pyproject.toml, or brought by one that is."""
    locked = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    known = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", locked, re.MULTILINE)}
    owners = packages_distributions()
    missing = {name for name in imported() if not known & {normal(each) for each in owners.get(name, [name])}}
    assert set() == missing


def test_whatever_is_declared_is_locked() -> None:
    """The lock was written after the last change to the dependencies; `make lock` writes it."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    locked = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8").lower()
    for each in declared:
        name = re.match(r"[A-Za-z0-9._-]+", each)
        assert name is not None
        assert f"\n{normal(name[0])}==" in "\n" + locked, each
    assert "://" not in locked
