"""The results that pages share: how each is asked for, so that equal questions have equal keys.

Owns nothing; joins controls and work.
"""

from typing import Any

from gexp_core.explain import Health, evaluations
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, Mutagenesis, Prediction, SequenceSet
from gexp_core.ui import controls, focus, work, workspace


def one(name: str) -> SequenceSet:
    """Return one of the visitor's sequences, as a set of one."""
    return workspace.sequences().select((name,))


def _reading(card: ModelCard) -> dict[str, Any]:
    """Return the present choices that every reading depends on."""
    return {"both_strands": controls.both_strands(card), "stride": controls.stride(card)}


def _changing(card: ModelCard) -> dict[str, Any]:
    """Return the present choices that single-base changes depend on."""
    window = focus.bases(card, controls.letters())
    return _reading(card) | ({} if window is None else {"window": window})


def _explaining(card: ModelCard) -> dict[str, Any]:
    """Return the present choices that an attribution depends on."""
    settings, target = controls.attribution(card), controls.explained(card)
    return {"settings": settings, "target": target, "seed": controls.seed()}


def prediction(card: ModelCard) -> Prediction:
    """Return the prediction of all sequences; end the page until it is made."""
    made: Prediction = work.result(
        "Predicting",
        "predict_named",
        card,
        workspace.sequences(),
        units=lambda: evaluations(card, workspace.sequences(), **_reading(card)),
        **_reading(card),
    )
    return made


def placing(card: ModelCard) -> Prediction | None:
    """Return the prediction of all sequences; make it now where it tells which place to look at."""
    if focus.needed(card, controls.letters()):
        return prediction(card)
    return known_prediction(card)


def attribution(card: ModelCard, name: str) -> Attribution:
    """Return the attribution of one sequence; end the page until it is made."""
    made: Attribution = work.result(
        "Explaining",
        "attribute_named",
        card,
        one(name),
        units=lambda: evaluations(
            card,
            one(name),
            work="attribute",
            settings=controls.attribution(card),
            rows=controls.explained(card).rows,
        ),
        **_explaining(card),
    )
    return made


def mutagenesis(card: ModelCard, name: str) -> Mutagenesis:
    """Return the mutagenesis of one sequence; end the page until it is made."""
    made: Mutagenesis = work.result(
        "Changing every base",
        "mutagenesis_named",
        card,
        one(name),
        units=lambda: evaluations(
            card,
            one(name),
            work="mutagenesis",
            rows=controls.explained(card).rows,
            **_changing(card),
        ),
        target=controls.explained(card),
        **_changing(card),
    )
    return made


def known_prediction(card: ModelCard) -> Prediction | None:
    """Return the prediction of all sequences if it has been made."""
    made: Prediction | None = work.known(
        "predict_named",
        card,
        workspace.sequences(),
        **_reading(card),
    )
    return made


def known_attribution(card: ModelCard, name: str) -> Attribution | None:
    """Return the attribution of one sequence if it has been made with the present choices."""
    made: Attribution | None = work.known(
        "attribute_named",
        card,
        one(name),
        **_explaining(card),
    )
    return made


def known_mutagenesis(card: ModelCard, name: str) -> Mutagenesis | None:
    """Return the mutagenesis of one sequence if it has been made with the present choices."""
    made: Mutagenesis | None = work.known(
        "mutagenesis_named",
        card,
        one(name),
        target=controls.explained(card),
        **_changing(card),
    )
    return made


#: What makes all checks of an attribution, and the words of the button that starts them.
HEALTH = "gexp_core.explain.health:health_named"
CHECK = "Check this explanation (about ten times the work of making it)"


def checking(attribution: Attribution) -> dict[str, Any]:
    """Return what the checks of an attribution depend on beside model and sequence."""
    return {"about": (attribution.provenance.to_json(),), "seed": controls.seed()}


def health(card: ModelCard, one: SequenceSet, attribution: Attribution) -> Health:
    """Return all checks of the attribution of ``one``; a button starts them."""
    made: Health = work.result(
        "Checking",
        HEALTH,
        card,
        one,
        ask=CHECK,
        given=(card.name, one, 0, attribution),
        **checking(attribution),
    )
    return made


def known_health(card: ModelCard, one: SequenceSet, attribution: Attribution) -> Health | None:
    """Return all checks of the attribution of ``one`` if they have been made, on any page."""
    made: Health | None = work.known(HEALTH, card, one, **checking(attribution))
    return made
