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
    Ceiling(
        "pearson",
        0.73,
        "The same sequence in two of libraries 4 to 7 agrees at Pearson r 0.73 in this data set "
        "(171 pairs; 95 % interval 0.66 to 0.80), in two of libraries 1 to 3 at 0.90 (433 pairs, "
        "407 of them scrambled controls). A faultless model would reach about the square root with "
        "one such measurement: 0.86 and 0.95.",
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
            0.75,
            "The two orientations of one element, each pair read both ways round, agree at Pearson "
            "r 0.75 in this data set (Agarwal et al., Nature 639:411, 2025; 3,410 pairs, 95 % "
            "interval 0.74 to 0.77; the 1,104 test pairs at 0.77). A faultless model would reach "
            "about 0.87, the square root, with one of them.",
            "WTC11",
        ),
        Ceiling(
            "pearson",
            0.80,
            "The two orientations of one element, each pair read both ways round, agree at Pearson "
            "r 0.80 in this data set (Agarwal et al., Nature 639:411, 2025; 69 pairs, 95 % "
            "interval 0.70 to 0.87; the 10 test pairs at 0.75). A faultless model would reach "
            "about 0.90, the square root, with one of them.",
            "K562",
        ),
    ),
}
