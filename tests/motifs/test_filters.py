"""Filters of models whose filters are known, and silencing against the same sum without a term."""

import numpy as np
import pytest
import torch
from torch import nn

from gexp_core.encoding import one_hot
from gexp_core.errors import ModelError
from gexp_core.motifs.filters import filters
from tests.explain.helpers import same, state
from tests.toy_models import conv_model, linear_model, random_set, toy_card, wrap

WORDS = ("TGACTCA", "GGATTAC")


class Counter(nn.Module):
    """y = 2 times the best match of one word minus the best match of another."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 7, bias=False)
        self.conv.weight.data = torch.from_numpy(np.stack([one_hot(w) for w in WORDS]))

    def forward(self, X):
        best = self.conv(X).amax(2)
        return (2 * best[:, 0] - best[:, 1])[:, None, None]


@pytest.fixture(scope="module")
def sequences():
    return random_set((60,) * 80, seed=3)


def test_a_filter_is_its_word_and_silencing_takes_its_term_away(sequences):
    model = wrap([Counter()], toy_card(60, both_strands=False))
    before = state(model)
    made = filters(model, sequences)
    assert same(before, state(model))
    assert [f.channel for f in made] == [0, 1]  # the one that counts twice matters more
    for one, word, sign in zip(made, WORDS, (-2, 1), strict=True):
        assert one.motif.consensus.upper() == word
        best = [
            max(
                sum(a == b for a, b in zip(word, text[k : k + 7], strict=True))
                for k in range(len(text) - 6)
            )
            for text in sequences.sequences
        ]
        assert one.silenced[0] == pytest.approx(sign * np.mean(best), abs=1e-5)
        assert one.size[0] == pytest.approx(abs(sign) * np.mean(best), abs=1e-5)
        assert one.share == pytest.approx(np.mean([b >= max(best) / 2 for b in best]))
        for site in one.motif.sites:
            text = sequences.sequences[site.sequence][site.start : site.end]
            assert site.contribution == sum(a == b for a, b in zip(word, text, strict=True))


def test_short_sequences_have_no_stretch(sequences):
    model = wrap([Counter()], toy_card(60, both_strands=False))
    made = filters(model, random_set((5, 60)))
    assert all(one.motif is None for one in made)


def test_a_network_of_the_bundled_kind_has_filters(sequences):
    seen = []
    model = conv_model(members=2)
    made = filters(
        model,
        sequences.select(sequences.names[:12]),
        member=1,
        most=3,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert len(made) == 3 and seen == [(1, 3), (2, 3), (3, 3)]
    assert all(one.size >= np.abs(one.silenced) for one in made)
    sizes = [float(one.size[0]) for one in made]
    assert sizes == sorted(sizes, reverse=True)


def test_what_has_no_filters_says_so(sequences):
    with pytest.raises(ModelError, match="no first layer"):
        filters(linear_model(), sequences)
    with pytest.raises(ModelError, match="no member 3"):
        filters(conv_model(), sequences, member=3)
