"""How a model was made, for the end of its page: the command, its teachers, its weights."""

from collections.abc import Mapping

from gexp_core.models.card import ModelCard


def how_made(card: ModelCard) -> str:
    """Return the section of a card's page that says how the model was made."""
    command, asked = card.training.get("command"), card.training.get("teachers")
    made = f"Made by `{command} --data DIR`.\n\n" if command else ""
    if command and isinstance(asked, Mapping) and asked:
        weights = " and ".join(f"{name} {str(sha)[:8]}" for name, sha in asked.items())
        made = (
            f"The command is `{command} --data DIR`. It learns from the present "
            f"{' and '.join(asked)}; these weights were made with {weights} (whole sha256 in "
            "`record.json`), and other teachers give other weights.\n\n"
        )
    weights = f"Architecture `{card.architecture}`; weights sha256 `{card.sha256}`.\n"
    return f"## How it was made\n\n{made}{weights}"
