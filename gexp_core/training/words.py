"""What the card of each bundled model says in words."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from gexp_core.evaluate.classical import RIDGE
from gexp_core.models.card import Metric, ModelCard, Track

#: What recipes and records call a published network's tower, tuned on the rows (see ``tower``).
TOWER = "published tower"

#: A gain in r whose whole interval lies below this is called slight.
_SMALL = 0.1


@dataclass(frozen=True, slots=True)
class Words:
    """Hold what the card says in words."""

    title: str
    species: str
    assay: str
    meaning: str
    units: str
    zero: str
    family: str
    licence: str
    citation: str
    limits: tuple[str, ...]
    tracks: tuple[Track, ...]

    def entries(self) -> dict[str, Any]:
        """Return the entries of a card that are words: all but the tracks."""
        names = (one.name for one in fields(self) if one.name != "tracks")
        return {name: getattr(self, name) for name in names}


#: What cards of models that a published network taught say of it.
_TEACHER_LICENCE = "teacher Apache-2.0 (calico/baskerville)"
_TEACHER_CITATION = (
    "teacher: github.com/calico/baskerville (Linder et al., Borzoi, Nat Genet 57:949, 2025)"
)

RETINA_WORDS = Words(
    title="Photoreceptor enhancer activity (mouse retina)",
    species="mouse",
    assay="Massively parallel reporter assay of 164-bp sequences upstream of the Rho basal "
    "promoter, electroporated into explanted newborn mouse retina; read in photoreceptors",
    meaning="log2 of RNA over DNA of the reporter, relative to the Rho basal promoter alone, at "
    "the level of an average library; not the expression of any gene in its place in the genome",
    units="log2 activity",
    zero="as active as the Rho basal promoter with no element in front of it (below: silenced)",
    family="CNN",
    licence="weights MIT; training data BSD-3-Clause (barakcohenlab/CRX-Active-Learning)",
    citation="Friedman et al., Cell Systems 2025, doi:10.1016/j.cels.2024.12.004; "
    "Friedman et al., eLife 10:e67403 (2021)",
    limits=(
        "Trained on 164-bp elements near photoreceptor CRX peaks and their mutants: sequences of "
        "another kind (other tissues, promoters, coding sequence) lie outside what it has seen.",
        "It was measured on a plasmid: no chromatin, no distance, no neighbouring genes.",
        "A sequence is read as it is given, 5' to 3' towards the promoter: its reverse complement "
        "was another element in the assay, and has another number.",
        "How much a change moves an element (a mutant against its parent) is predicted less well "
        "than how active elements are, as the figures say: read effects of changes as hints.",
        "Not for clinical decisions about variants.",
    ),
    tracks=(
        Track(
            "photoreceptor activity",
            "reporter activity in photoreceptors of explanted mouse retina",
            "retina",
        ),
    ),
)


#: A published network taught the recurrent model too.
RECURRENT_WORDS = replace(
    RETINA_WORDS,
    family="recurrent",
    licence=f"{RETINA_WORDS.licence}; {_TEACHER_LICENCE}",
    citation=f"{RETINA_WORDS.citation}; {_TEACHER_CITATION}",
)


def student_limit(teachers: Sequence[str], *, every: bool, own: bool) -> str:
    """Return the limit of a model of which some networks, or ``every`` one, are students.

    ``own`` says that networks of the same recipe are among those that taught.
    """
    called = {
        RIDGE: f"the {RIDGE} beside it",
        TOWER: "the convolutions of a published model of genome tracks, tuned on the same rows,",
    }
    named = [called.get(name, name) for name in teachers]
    named += ["other networks trained on the same rows"] if own else []
    first, last = named[:-1], named[-1]
    return (
        f"{'All' if every else 'Some'} of its networks were also trained on what "
        f"{', '.join(first) + ' and ' if first else ''}{last} say of made-up sequences: where it "
        "agrees with them, that is no independent confirmation, and its networks differ less than "
        "ones that were trained apart."
    )


def near_ridge_limits(card: ModelCard) -> tuple[str, ...]:
    """Return a limit for each track whose interval of r reaches into that of the 6-mer ridge."""
    made = []
    for track in card.tracks:
        shown, simple, gain = (
            card.find(metric, predictor=predictor, track=track.name)
            for metric, predictor in (("pearson", ""), ("pearson", RIDGE), ("gain", ""))
        )
        if not (shown and simple and gain):
            continue
        if shown.low is None or simple.high is None or gain.low is None:
            continue  # too few rows for intervals: nothing can be told
        if shown.low > simple.high:
            continue
        how, more = _better(gain)
        made.append(
            f"{track.name}: {how} better than counting 6-mers. r is {shown.value:.2f} against "
            f"{simple.value:.2f} for the 6-mer ridge, and their intervals overlap; on the same "
            f"samples {more} ({gain.low:.3f} to {gain.high:.3f})."
        )
    return tuple(made)


def _better(gain: Metric) -> tuple[str, str]:
    """Return in words how surely, and by how much, r exceeds that of the 6-mer ridge."""
    if gain.low is None or gain.low <= 0:
        return "not surely", f"the difference is {gain.value:.3f}"
    small = gain.high is not None and gain.high < _SMALL
    return "only slightly" if small else "perhaps only slightly", f"it is {gain.value:.3f} higher"


HUMAN_WORDS = Words(
    title="Regulatory activity in two human cell types (lentiMPRA)",
    species="human",
    assay="Lentiviral massively parallel reporter assay: 200-bp elements between 15-bp adapters, "
    "upstream of a minimal promoter, integrated into the genome of WTC11 stem cells and K562",
    meaning="log2 of RNA over DNA of the reporter in each cell type; not the expression of any "
    "gene in its place in the genome",
    units="log2 RNA/DNA",
    zero="as many RNA as DNA reads after normalisation; most elements lie below",
    family="CNN",
    licence=f"weights MIT; training data MIT; {_TEACHER_LICENCE}",
    citation=f"Agarwal et al., Nature 639:411 (2025); {_TEACHER_CITATION}",
    limits=(
        "Its published teacher learned open chromatin and transcription along the human genome; "
        "which parts is not documented. It may have read the places where the held-out elements "
        "lie, but no value of this assay.",
        "Trained on a tenth of the published library: larger models of the same assay predict "
        "better (r 0.73 to 0.79).",
        "Two orientations of one element agree at r 0.75 only (WTC11): a faultless model would "
        "reach about 0.87, the square root, with one of them.",
        "Single-base effects are predicted less well than activity.",
        "Not for clinical decisions about variants.",
    ),
    tracks=(
        Track("WTC11", "reporter activity in WTC11 induced pluripotent stem cells", "stem cell"),
        Track("K562", "reporter activity in K562 erythroleukaemia cells", "blood"),
    ),
)

YEAST_WORDS = Words(
    title="Yeast promoter expression (random 80-bp promoters)",
    species="yeast",
    assay="Random 80-bp inserts between constant promoter ends drive YFP in Saccharomyces "
    "cerevisiae; cells sorted into 18 bins of expression",
    meaning="mean expression bin (0 to 17) of a promoter with this 80-bp insert; not the "
    "expression of a natural gene",
    units="expression bin",
    zero="the lowest of the 18 sorting bins",
    family="CNN",
    licence="weights MIT; training data MIT",
    citation="Rafi et al., Nat Biotechnol 2024; Vaishnav et al., Nature 603:455 (2022)",
    limits=(
        "Trained on four thousand of the published millions of sequences.",
        "Knows random inserts of one fixed promoter design; natural promoters differ.",
        "Measured bins of weakly seen promoters are whole numbers and noisy.",
    ),
    tracks=(Track("expression", "mean expression bin in complex medium", "yeast"),),
)
