"""The example config is the code's settings, no more and no less."""

import re
import tomllib
from pathlib import Path

from storyfold.config.keys import all_keys
from storyfold.config.loading import interpret
from storyfold.config.rendering import render_example
from storyfold.config.settings import Settings

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLE = REPOSITORY / "deploy" / "storyfold.example.toml"


def test_the_example_is_what_the_code_says() -> None:
    """The file in deploy/ is the one that `storyfold config example` prints; `make example` writes it anew."""
    assert render_example() == EXAMPLE.read_text(encoding="utf-8")


def test_the_example_shows_every_setting_with_its_default() -> None:
    """With every line of a setting uncommented, the file is valid and says what the defaults are."""
    text = re.sub(r"^#(\w+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    loaded = interpret(tomllib.loads(text), Path("storyfold.toml"), {})
    assert Settings() == loaded.settings
    assert {key.name for key in all_keys()} == set(loaded.origins)


def test_settings_named_in_documents_exist() -> None:
    """A setting that the documents or messages speak of can be set."""
    names = {key.name for key in all_keys()}
    tables = {key.path[0] for key in all_keys() if len(key.path) > 1}
    spoken = re.compile(rf"`((?:{'|'.join(tables)})\.(?!opml|toml)[a-z_]+)`")
    for file in (REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")):
        assert set() == set(spoken.findall(file.read_text(encoding="utf-8"))) - names, file


def test_variables_named_in_documents_exist() -> None:
    """A STORYFOLD_ variable in a document is a setting, or one of the two that are none."""
    known = {key.variable for key in all_keys()} | {"STORYFOLD_CONFIG", "STORYFOLD_SHARED"}
    for file in (REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")):
        found = set(re.findall(r"\bSTORYFOLD_[A-Z_]*[A-Z]", file.read_text(encoding="utf-8")))
        assert set() == found - known, file
