"""How many rows are turned while a network learns, and what it has then learnt."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gexp_core.training import loop
from gexp_core.training.augment import one_hot
from gexp_core.training.settings import FitSettings
from tests.training.test_training import SETTINGS, network, planted, weights


def test_rows_are_turned_less_and_less_and_then_no_more():
    fading = FitSettings(both_strands=False, turned_until=0.5)
    assert [fading.turned(done) for done in (0, 0.25, 0.5, 0.9)] == [0.5, 0.25, 0, 0]
    assert FitSettings(both_strands=False).turned(0) == 0
    assert FitSettings(turned_until=0.5).turned(0.9) == 0.5


def test_the_share_falls_over_the_whole_run_and_is_the_same_after_a_kill(tmp_path, monkeypatch):
    asked, turned = [], FitSettings.turned

    def note(settings, done):
        asked.append(done)
        return turned(settings, done)

    monkeypatch.setattr(FitSettings, "turned", note)
    table = planted(120)
    fading = replace(SETTINGS, epochs=3, both_strands=False, turned_until=0.7)
    loop.fit(network(), table, tmp_path / "whole", settings=fading)
    assert asked == pytest.approx(np.arange(len(asked)) / len(asked))

    class KilledError(Exception):
        pass

    def kill(text):
        if text.startswith("epoch 2/3: "):
            raise KilledError

    with pytest.raises(KilledError):
        loop.fit(network(), table, tmp_path / "parts", settings=fading, report=kill)
    loop.fit(network(), table, tmp_path / "parts", settings=fading)
    for name, value in weights(tmp_path / "whole").items():
        assert np.array_equal(value, weights(tmp_path / "parts")[name]), name


def test_a_network_that_ends_on_one_strand_tells_the_strands_apart(tmp_path):
    """GATA counts as it is given; a network that learns turned rows too takes TATC for the same."""
    table = planted()
    rng = np.random.default_rng(1)
    given = rng.integers(0, 4, (200, 40)).astype(np.uint8)
    given[:, 18:22] = [2, 0, 3, 0]
    apart = {}
    for name, said in (("both", {"both_strands": True}), ("one", {"turned_until": 0.5})):
        made = network()
        loop.fit(made, table, tmp_path / name, settings=replace(SETTINGS, **said))
        made.load_state_dict({k: torch.from_numpy(v) for k, v in weights(tmp_path / name).items()})
        made.eval()
        letters = one_hot(torch.from_numpy(given))
        with torch.no_grad():
            apart[name] = float((made(letters) - made(letters.flip(1, 2))).mean())
    assert apart["one"] > 0.4 and abs(apart["both"]) < 0.2
