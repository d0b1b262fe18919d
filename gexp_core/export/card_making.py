"""How a model was made, for the end of its page: the command, its teachers, rows, its weights."""

from collections.abc import Mapping

from gexp_core.models.card import ModelCard


def how_made(card: ModelCard) -> str:
    """Return the section of a card's page that says how the model was made."""
    command, asked = card.training.get("command"), card.training.get("teachers")
    made = ""
    if command:
        own = " --table " in f"{command} "  # a table of one's own comes from no data set
        command = command if own else f"{command} --data DIR"
        made = f"Made by `{command}`.\n\n"
    if command and isinstance(asked, Mapping) and asked:
        weights = " and ".join(f"{name} {str(sha)[:8]}" for name, sha in asked.items())
        made = (
            f"The command is `{command}`. It learns from the present "
            f"{' and '.join(asked)}; these weights were made with {weights} (whole sha256 in "
            "`record.json`), and other teachers give other weights.\n\n"
        )
    made += _published(card)
    rows = f"{told}\n\n" if (told := rows_told(card)) else ""
    weights = f"Architecture `{card.architecture}`; weights sha256 `{card.sha256}`.\n"
    return f"## How it was made\n\n{made}{rows}{weights}"


def _published(card: ModelCard) -> str:
    """Return in a sentence which published file taught the model; '' where none did."""
    teacher = card.training.get("teacher")
    if not isinstance(teacher, Mapping):
        return ""
    name = f" `{teacher['file']}`" if "file" in teacher else ""
    return (
        f"It learned from a published model in `--teacher DIR`: the file{name} with sha256 "
        f"`{teacher['sha256']}`.\n\n"
    )


def rows_told(card: ModelCard) -> str:
    """Return in a sentence which train rows were left unread; '' where the networks read all."""
    read, unread = _rows(card)
    if not unread:
        return ""
    return (
        f"Its networks learned from {read:,} train rows, and not from {unread:,} more of batches "
        "that are reported apart; the simple predictors beside it are fitted on all of them."
    )


def fitted_on(card: ModelCard) -> str:
    """Return the rows that the simple predictors of a card are fitted on, in words."""
    read, unread = _rows(card)
    if not unread:
        return "the same train rows"
    return f"all {read + unread:,} train rows (the model: {read:,} of them)"


def _rows(card: ModelCard) -> tuple[int, int]:
    """Return how many train rows the networks read, and how many they left unread."""
    rows = card.training.get("rows", {})
    return int(rows.get("train", 0)), int(rows.get("unread", 0))
