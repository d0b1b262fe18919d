import pytest

from gexp_core.evaluate import boosting
from gexp_core.training import backgrounds, classical


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few background sequences, grow few trees and match few motifs: tests need no more."""
    monkeypatch.setattr(backgrounds, "DRAWN", 200)
    monkeypatch.setattr(boosting, "TREES", 20)
    monkeypatch.setattr(classical, "_SCREENED", 100)
    monkeypatch.setattr(classical, "MOST_MOTIFS", 20)
