"""Write what the model cards say into README.md: the model table and the citations.

Run ``python docs/update_readme.py`` after a card has changed; a test compares the two.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that the script runs from any folder

from gexp_core.cli.listing import as_markdown  # noqa: E402
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


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(updated(readme.read_text(encoding="utf-8"), bundled()), encoding="utf-8")
