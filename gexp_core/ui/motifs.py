"""How motifs are looked for: the choices, and the job.

Owns the words and the visitor's own file of known motifs. What was found is listed by
``motifs_listed``, one motif closely by ``motifs_shown``.
"""

import contextlib
import hashlib
from dataclasses import dataclass

import streamlit as st

from gexp_core import jobs
from gexp_core.errors import GexpError
from gexp_core.explain import ABOUT, AttributionSettings
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.motifs.database import databases, for_card, motifs_of, title
from gexp_core.motifs.discovery import DiscoverySettings
from gexp_core.motifs.finding import SCORES, evaluations_of
from gexp_core.motifs.meme import MEME_LIMITS, Known, read_meme
from gexp_core.motifs.naming import FEWEST, enough
from gexp_core.motifs.nouns import MotifSet
from gexp_core.types import Target
from gexp_core.ui import controls, show, uploads, work, workspace

_WARM = "gexp_core.motifs.compiled:warm_up"
_WORK = "gexp_core.motifs.finding:find_motifs_named"
_OWN = "_known_motifs"
_PROBLEM = "_known_motifs_problem"
#: Ways to credit bases that give every letter a score, quickest first.
_METHODS = ("deeplift-shap", "integrated-gradients", "expected-gradients", "mutagenesis")

#: Shares of a motif's sites by chance to choose from, and the one that is taken otherwise.
_SHARES = (0.1, 0.2, 0.3, 0.5, 0.7)
_SHARE = DiscoverySettings().chance


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Hold what motifs are named by: a bundled database, or a visitor's file."""

    title: str
    database: str
    known: tuple[Known, ...]
    digest: str = ""


def prepare() -> None:
    """Have a worker load, or on a new installation compile, the tools while the visitor reads."""
    with contextlib.suppress(GexpError):  # a full queue has other work to do
        jobs.submit(_WARM, key="kernels", owner="warm-up", lasting=False)


def choices(card: ModelCard) -> None:
    """Say what will be done, and offer how motifs are looked for and what they are named by."""
    prepare()
    st.markdown(
        "Every base of every sequence gets a score, and so do shuffled sequences. Stretches with "
        "high scores that are alike make a pattern; a pattern that stands in your sequences "
        "clearly more often than in shuffled ones is a motif, and is compared with known ones. "
        "Motifs need tens of sequences or more that the model reads alike; with fewer you get the "
        "single stretches and what they resemble."
    )
    if not card.both_strands:
        st.caption(
            f"{controls.ORIENTED} A motif may stand there either way round; both count as one, "
            "unless you keep strands apart."
        )
    with st.expander("How motifs are looked for and named"):
        left, middle = st.columns(2, vertical_alignment="top")
        left.selectbox(
            "Method",
            _METHODS,
            format_func=lambda key: ABOUT[key].title if key in ABOUT else key,
            key="motif_method",
            persist_state="session",
            help="How the bases are credited. DeepLIFT/SHAP is the quickest that compares with "
            "shuffled sequences.",
        )
        middle.number_input(
            "Sites that a motif needs",
            5,
            1000,
            value=20,
            key="motif_least",
            persist_state="session",
            help="Fewer alike stretches than this are no motif. Below 20, chance patterns come up.",
        )
        left.toggle(
            "Keep strands apart",
            key="motif_strands",
            persist_state="session",
            help="By default a motif and its reverse complement are one, and a known motif is at "
            "work wherever it fits, on either strand.",
        )
        middle.select_slider(
            "Sites of a motif expected by chance, at most",
            _SHARES,
            value=_SHARE,
            format_func=lambda share: f"{share:.0%}",
            key="motif_chance",
            persist_state="session",
            help="Measured on shuffled sequences, where short motifs have sites too. Whatever you "
            "choose, a motif has clearly more sites here than there (q at most 0.01).",
        )
        left.selectbox(
            "Name by",
            databases(),
            index=databases().index(for_card(card)),
            format_func=lambda key: title(key) if key in databases() else key,
            key=f"motif_database_{card.name}",
            persist_state="session",
            help="Known motifs that yours are compared with (TOMTOM). The choice follows the "
            "model's species.",
        )
        middle.file_uploader(
            "Or your own motifs (MEME format)",
            key="motif_upload",
            on_change=_take,
            help=f"Up to {MEME_LIMITS.max_records:,} motifs, at least {FEWEST}; HOCOMOCO and other "
            "databases offer this format.",
        )
        own: Names | None = workspace.setting(_OWN, None)
        if own is not None:
            middle.button("Use the database again", on_click=_forget, key="motif_forget")
            show.note(f"Motifs are named by {own.title}, {many(len(own.known), 'motif')}.")
        problem: GexpError | None = workspace.setting(_PROBLEM, None)
        if problem is not None:
            show.problem(problem)


def _take() -> None:
    """Read a visitor's file in the widget's callback; on a problem the old choice stays."""
    file = uploads.given("motif_upload")
    if file is None:
        return
    try:
        data = file.getvalue()
        known = read_meme(data, file.name)
        enough(known)
    except GexpError as error:
        workspace.keep(_PROBLEM, error)
        return
    workspace.keep(_PROBLEM, None)
    workspace.keep(_OWN, Names(file.name, "", known, hashlib.sha256(data).hexdigest()))


def _forget() -> None:
    workspace.keep(_OWN, None)
    workspace.keep(_PROBLEM, None)


def names(card: ModelCard) -> Names:
    """Return what motifs are named by."""
    own: Names | None = workspace.setting(_OWN, None)
    if own is not None:
        return own
    chosen = workspace.setting(f"motif_database_{card.name}", for_card(card))
    chosen = chosen if chosen in databases() else for_card(card)
    return Names(title(chosen), chosen, motifs_of(chosen))


def _scores(card: ModelCard) -> AttributionSettings:
    """Return how the bases are credited."""
    method = workspace.setting("motif_method", _METHODS[0])
    return AttributionSettings(
        method=method if method in _METHODS else _METHODS[0],
        n_baselines=SCORES.n_baselines,
        tolerance=0.05,
        hypothetical=True,
        both_strands=controls.both_strands(card),
        stride=controls.stride(card),
    )


def _share() -> float:
    chosen = workspace.setting("motif_chance", _SHARE)
    return float(chosen) if chosen in _SHARES else _SHARE


def _asking(n: int) -> str:
    """Return the words of the button: the search is the visitor's to start, however short."""
    return f"Look for motifs in {n:,} sequences" if n > 1 else "Look for motifs in one sequence"


def found(card: ModelCard) -> MotifSet:
    """Return the motifs of all sequences; end the page until they are found."""
    sequences, by, scores = workspace.sequences(), names(card), _scores(card)
    own = by.digest != ""
    made: MotifSet = work.result(
        "Looking for motifs",
        _WORK,
        card,
        sequences,
        ask=_asking(len(sequences)),
        given=(card.name, sequences, by.known if own else None),
        about=(by.digest,),
        units=lambda: evaluations_of(card, sequences, scores),
        command="motifs",
        settings=DiscoverySettings(
            least_sites=min(1000, max(5, int(workspace.setting("motif_least", 20)))),
            chance=_share(),
            merge_strands=not workspace.setting("motif_strands", False),
        ),
        scores=scores,
        target=Target(card.track_index(controls.track(card))),
        seed=controls.seed(),
        database=by.title if own else by.database,
    )
    return made
