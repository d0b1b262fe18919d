"""How well each bundled data set agrees with itself, by model, with who says so.

Owns the figures and their sentences, which the cards carry.
"""

from gexp_core.models.card import Ceiling

_RETINA = (
    Ceiling(
        "pearson",
        0.95,
        "Replicate transfections of one library agree at Pearson r 0.95 to 0.99 (Friedman et al., "
        "Cell Systems 2025); the noise of single elements with few barcodes is larger.",
    ),
)

#: name of a model -> its ceilings
CEILINGS: dict[str, tuple[Ceiling, ...]] = {
    "retina-cnn": _RETINA,
    "retina-rnn": _RETINA,
    "retina-transformer": _RETINA,
    "human-mpra": (
        Ceiling(
            "pearson",
            0.74,
            "The two orientations of one element agree at Pearson r 0.74 in this data set "
            "(Agarwal et al., Nature 639:411, 2025); the sequence alone can say no more of either.",
        ),
    ),
}
