"""First-layer filters of a convolutional model: what excites each, and how much each matters.

Owns which layer is first, the stretches that excite it, and silencing. A model is borrowed and
returned unchanged: filters are silenced in a copy.

References
----------
Alipanahi et al., Nat Biotechnol 33:831 (2015). Kelley, Snoek & Rinn, Basset, Genome Res 26:990
(2016).
"""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from gexp_core.encoding import one_hot
from gexp_core.errors import ModelError
from gexp_core.models.base import Ensemble, Model
from gexp_core.motifs.filter_nouns import Filter
from gexp_core.motifs.nouns import Motif, Site
from gexp_core.motifs.placing import summed
from gexp_core.predict import predict
from gexp_core.types import Floats, Progress, SequenceSet

#: Share of a filter's strongest response from which a stretch excites it.
EXCITED = 0.5

#: Stretches kept for each filter, strongest first, and the fewest that make a logo.
MOST, FEWEST = 200, 5


def filters(
    model: Model,
    sequences: SequenceSet,
    *,
    texts: Sequence[str] | None = None,
    member: int = 0,
    most: int = 64,
    progress: Progress | None = None,
) -> tuple[Filter, ...]:
    """Return filters of one ensemble member, the one that matters most first.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
        Those whose prediction without a filter is compared with that as it is.
    texts : sequence of str, optional
        Where exciting stretches are looked for, on the forward strand; the sequences by default.
        A site's ``sequence`` is a place in it.
    member : int
        Which network of the ensemble is looked into; the others are left out.
    most : int
        Filters at most, by their strongest response; all sequences are read again for each.
    progress : callable, optional
        Called with (filters done, filters in all).

    Raises
    ------
    ModelError
        The model has no such member, or no layer of filters over the letters.
    """
    members = model.network.members
    if not 0 <= member < len(members):
        raise ModelError(f"{model.card.name} has no member {member}, only {len(members)}")
    alone = Model(model.card, Ensemble([deepcopy(members[member])]).eval())
    layer = first_layer(alone.network)
    weights = layer.weight.detach().clone()  # (C, 4, W) or (C, 4, 1, W)
    kernels = weights.reshape(weights.shape[0], 4, -1).cpu()
    texts = sequences.sequences if texts is None else texts
    response = _responses(kernels, texts)
    strongest = [max((float(r[c].max()) for r in response if r.shape[1]), default=0.0)
                 for c in range(len(kernels))]  # fmt: skip
    chosen = sorted(range(len(kernels)), key=lambda c: -strongest[c])[:most]
    plain = predict(alone, sequences, both_strands=False).means()
    made = []
    for done, channel in enumerate(chosen, 1):
        motif, share = _logo(
            f"filter {channel + 1}",
            kernels[channel].numpy(),
            [r[channel] for r in response],
            strongest[channel],
            texts,
        )
        with torch.no_grad():
            layer.weight[channel] = 0
        change = predict(alone, sequences, both_strands=False).means() - plain
        with torch.no_grad():
            layer.weight[channel] = weights[channel]
        made.append(Filter(channel, motif, share, change.mean(0), np.abs(change).mean(0)))
        if progress:
            progress(done, len(chosen))
    return tuple(sorted(made, key=lambda one: -float(one.size.max())))


def first_layer(network: nn.Module) -> nn.Conv1d | nn.Conv2d:
    """Return the first convolution that reads the four letters.

    Raises
    ------
    ModelError
        There is none, so that no filter has a logo.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and module.in_channels == 4:
            return module
    raise ModelError(
        "this model has no first layer of filters over the four letters; choose a convolutional "
        "one, or look for motifs in its scores"
    )


def _responses(kernels: torch.Tensor, texts: Sequence[str]) -> list[Floats]:
    """Return (C, L - W + 1) for each text; no column where it is shorter than a filter."""
    out = []
    for text in texts:
        x = torch.from_numpy(one_hot(text))[None]
        if x.shape[2] < kernels.shape[2]:
            out.append(np.zeros((len(kernels), 0), np.float32))
        else:
            out.append(nn.functional.conv1d(x, kernels)[0].numpy())
    return out


def _logo(
    name: str,
    kernel: Floats,
    response: Sequence[Floats],
    strongest: float,
    texts: Sequence[str],
) -> tuple[Motif | None, float]:
    """Return the motif of the most exciting stretches, one a text, and the share with one."""
    width = kernel.shape[1]
    best = [(float(r.max()), i, int(r.argmax())) for i, r in enumerate(response) if r.size]
    excited = [one for one in best if strongest > 0 and one[0] >= EXCITED * strongest]
    share = len(excited) / len(texts)
    if len(excited) < FEWEST:
        return None, share
    excited.sort(key=lambda one: (-one[0], one[1]))
    sites = tuple(Site(i, at, at + width, "+", y, 1.0) for y, i, at in excited[:MOST])
    hot = {i: one_hot(texts[i]) for _, i, _ in excited[:MOST]}
    letters = [hot.get(i, kernel[:, :0]) for i in range(len(texts))]
    weighed = [np.zeros_like(x) for x in letters]
    for site in sites:
        place = slice(site.start, site.end)
        weighed[site.sequence][:, place] = letters[site.sequence][:, place] * kernel
    return summed(name, sites, letters, weighed), share
