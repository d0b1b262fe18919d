"""A network of the bundled kind whose weights are written by hand: it reads one word, and no more.

For pages and commands that load models by name; ``planted`` has the reader in closed form.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from gexp_core.encoding import one_hot, reverse_complement
from gexp_core.models.base import Model
from gexp_core.models.conv import ConvConfig, ConvNetwork
from gexp_core.types import SequenceSet
from tests.toy_models import toy_card, wrap

#: The best letters of REST, which no other factor of JASPAR resembles; a sequence holds them once.
WORD, LENGTH, NAME = "CAGCACCATGGACAGCGCC", 60, "toy-reader"

#: Matching letters that the network takes for nothing: random sequences have no more than about 11.
_NOTHING = 13

_CONFIG = {
    "input_length": LENGTH,
    "stem_kernel": len(WORD),
    "widths": [1],
    "kernel": 3,
    "repeats": [0],
    "maps": 1,
    "hidden": 1,
}


def network() -> ConvNetwork:
    """Return y = about (matching letters - 13) where more of the word's nineteen match."""
    made = ConvNetwork(ConvConfig(**_CONFIG)).eval()
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                module.running_var.fill_(1 - module.eps)
        stem = made.trunk[0]
        stem.conv.weight[0, :, 0] = torch.from_numpy(one_hot(WORD))
        stem.norm.bias.fill_(-_NOTHING)
        made.position.fill_(1)
        for layer in made.head:
            if isinstance(layer, torch.nn.Linear):
                layer.weight.fill_(1)
                layer.bias.zero_()
    return made


def model() -> Model:
    """Return it, reading both strands."""
    return wrap([network()], toy_card(LENGTH, name=NAME))


def write(folder: Path) -> None:
    """Write it into a folder of models in the bundled form."""
    from safetensors.torch import save

    made = model()
    raw = save({name: x.contiguous() for name, x in made.network.state_dict().items()})
    card = replace(
        made.card, architecture="conv", config=_CONFIG, sha256=hashlib.sha256(raw).hexdigest()
    )
    (folder / NAME).mkdir()
    (folder / NAME / "weights.safetensors").write_bytes(raw)
    (folder / NAME / "card.json").write_text(card.to_json(), encoding="utf-8")


def sequences(n: int, seed: int = 5) -> tuple[SequenceSet, list[tuple[int, str]]]:
    """Return n random sequences of 60 bp with the word in each: where it begins, which strand."""
    rng = np.random.default_rng(seed)
    texts, plants = [], []
    for _ in range(n):
        start, strand = int(rng.integers(2, LENGTH - len(WORD) - 2)), "+-"[int(rng.integers(2))]
        text = "".join(rng.choice(list("ACGT"), LENGTH))
        letters = WORD if strand == "+" else reverse_complement(WORD)
        texts.append(text[:start] + letters + text[start + len(WORD) :])
        plants.append((start, strand))
    return SequenceSet(tuple(f"s{i}" for i in range(n)), tuple(texts)), plants
