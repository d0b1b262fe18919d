"""Write what the model cards say into README.md and into docs/models, one page per model.

Run ``python docs/update_readme.py`` after a card has changed; tests compare the files with it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that the script runs from any folder

from gexp_core.cli.listing import as_markdown  # noqa: E402
from gexp_core.export.card_page import PICTURES, card_page  # noqa: E402
from gexp_core.models import registry  # noqa: E402
from gexp_core.models.card import ModelCard, read_card  # noqa: E402

TABLE = (
    "<!-- models: made by `python -m gexp_core models --markdown` -->",
    "<!-- end of models -->",
)
CITATIONS = ("<!-- citations: from the cards -->", "<!-- end of citations -->")


def bundled() -> tuple[ModelCard, ...]:
    """Return the cards of the models in this repository, wherever GEXP_MODELS points."""
    return tuple(read_card(path) for path in sorted(registry.BUNDLED.glob("*/card.json")))


def between(text: str, marks: tuple[str, str], body: str) -> str:
    """Return ``text`` with what stands between two marks replaced by ``body``."""
    before, _, rest = text.partition(marks[0])
    _, _, after = rest.partition(marks[1])
    return f"{before}{marks[0]}\n{body}{marks[1]}{after}"


def updated(text: str, cards: Sequence[ModelCard]) -> str:
    """Return the README ``text`` with the table and citations of ``cards``."""
    citations = "".join(f"- `{card.name}`: {card.citation}\n" for card in cards)
    return between(between(text, TABLE, as_markdown(cards)), CITATIONS, citations)


#: Where the pages lie, and the first line of each.
PAGES = ROOT / "docs" / "models"
MADE = "<!-- made from the model's card by `python docs/update_readme.py`; do not edit -->\n\n"


def pages(cards: Sequence[ModelCard]) -> dict[str, str]:
    """Return file name -> text of the page of every model."""
    made = {}
    for card in cards:
        folder = registry.BUNDLED / card.name
        pictures = {
            name: f"../../{(folder / name).relative_to(ROOT).as_posix()}"
            for name in PICTURES
            if (folder / name).is_file()
        }
        made[f"{card.name}.md"] = MADE + card_page(card, pictures)
    return made


def write_pages(made: dict[str, str]) -> None:
    """Write every page and remove those of models that are gone."""
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(pages(bundled()))
    readme = ROOT / "README.md"
    readme.write_text(updated(readme.read_text(encoding="utf-8"), bundled()), encoding="utf-8")
