"""Tracks in genome coordinates: whose sizes contigs have, and what unit a track says."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.explain import AttributionSettings, attribute, mutagenesis
from gexp_core.inputs import NamedInterval, extract
from gexp_core.inputs.genome import MemoryGenome
from gexp_core.inputs.variants import Variant
from gexp_core.predict import predict
from gexp_core.types import Interval, Origin, SequenceSet, Target
from gexp_core.ui import genome, genomes, tracks
from gexp_core.ui.variant_sequences import window_set
from tests.toy_models import linear_model, profile_model, random_sequence, toy_card

TEXT = random_sequence(300, 3)
HG38, MASKED = MemoryGenome("hg38", {"chr1": TEXT}), MemoryGenome("hg38_masked", {"chr1": TEXT})
OTHER = MemoryGenome("mm10", {"chr1": TEXT * 2})


@pytest.fixture
def given(monkeypatch):
    """Choose a genome, and say which sequences are the visitor's."""

    def choose(chosen, sequences):
        now = None if chosen is None else genomes.Chosen(chosen, chosen.name)
        monkeypatch.setattr(genomes, "current", lambda: now)
        monkeypatch.setattr(tracks.workspace, "sequences", lambda: sequences)

    return choose


def taken(whole):
    return extract(whole, [NamedInterval("a", Interval("1", 20, 90))]).sequences


def test_sizes_are_those_of_the_genome_that_the_sequences_are_from(given):
    variant = Variant("chr1", 150, TEXT[149], "ACGT"[TEXT[149] == "A"])
    windows = window_set([variant], HG38, toy_card(), "both", most=1)
    for sequences in (taken(HG38), windows):
        given(HG38, sequences)
        assert tracks._sizes() == {"chr1": 300}
        for chosen in (OTHER, MASKED, None):
            given(chosen, sequences)
            assert tracks._sizes() == {}
    # one that is from elsewhere, and one whose place is not known
    given(MASKED, taken(MASKED))
    assert tracks._sizes() == {"chr1": 300}
    a, b = taken(HG38), taken(OTHER)
    origins = (*a.origins, *b.origins, Origin("typed"))
    both = SequenceSet(("a", "b", "c"), (a.sequences[0], b.sequences[0], "ACGT"), origins)
    given(HG38, both)
    assert tracks._sizes() == {}


def test_a_genome_is_told_by_its_whole_name(given):
    (origin,) = taken(MASKED).origins
    given(HG38, None)
    assert genome._genome(origin.source, origin.interval) is None
    assert "cannot be checked" in genome._build(origin.source, origin.interval)
    given(MASKED, None)
    assert genome._genome(origin.source, origin.interval).genome is MASKED


PLACE = Interval("chr1", 20, 80)
BOTH = SequenceSet(
    ("up", "down", "loose"),
    (TEXT[20:80], reverse_complement(TEXT[20:80]), TEXT[20:80]),
    (Origin("hg38", PLACE), Origin("hg38", replace(PLACE, strand="-")), Origin()),
)


@pytest.fixture
def written(given, monkeypatch):
    """Return the bedGraphs that are offered of a model: file name -> (title, start -> value)."""

    def read(model, track, *, both_strands=True):
        sequences, card, found = BOTH, model.card, {}
        given(None, sequences)
        how = {"both_strands": both_strands}
        settings = AttributionSettings(baseline="zeros", **how)
        target = Target(card.track_index(track))
        score = {
            name: attribute(model, sequences.select((name,)), settings=settings, target=target)
            for name in sequences.names[:2]
        }
        effect = {
            name: mutagenesis(model, sequences.select((name,)), target=target, **how)
            for name in sequences.names[:2]
        }
        level = predict(model, sequences, **how)
        monkeypatch.setattr(tracks.made, "known_prediction", lambda card: level)
        monkeypatch.setattr(tracks.made, "known_attribution", lambda card, name: score.get(name))
        monkeypatch.setattr(tracks.made, "known_mutagenesis", lambda card, name: effect.get(name))
        monkeypatch.setattr(tracks.controls, "track", lambda card: track)
        read = tracks.ModelCard.reads_both
        monkeypatch.setattr(tracks.controls, "both_strands", lambda card: read(card, both_strands))

        def take(files):
            for name, make in files.values():
                if name.endswith("bedgraph"):
                    head, *rows = make().decode().splitlines()
                    title = head.split('"')[1]
                    rows = [row.split("\t") for row in rows]
                    found[name] = title, {int(row[1]): float(row[3]) for row in rows}

        monkeypatch.setattr(tracks.download, "row", take)
        for one in tracks._known(card):
            tracks._files(one, card)
        return found, level, score

    return read


@pytest.mark.parametrize("asked", [True, False])
def test_the_two_strands_of_a_place_have_a_file_each_where_one_is_read(written, asked):
    """Of a model of one strand, and where the visitor asked for one."""
    model = linear_model(both_strands=not asked)
    files, level, score = written(model, "activity", both_strands=asked)
    assert list(files) == [
        f"toy-linear_activity_{kind}_genome_{strand}.bedgraph"
        for kind in ("prediction", "attribution", "mutagenesis")
        for strand in ("plus", "minus")
    ]
    for i, (name, strand) in enumerate({"plus": "+", "minus": "-"}.items()):
        title, values = files[f"toy-linear_activity_prediction_genome_{name}.bedgraph"]
        assert title == f"toy-linear activity: prediction ({strand} strand)"
        assert values == {20: pytest.approx(float(level.y[i, 0]), rel=1e-5)}  # six digits
        title, values = files[f"toy-linear_activity_attribution_genome_{name}.bedgraph"]
        assert title.endswith(f"({strand} strand)")
        wanted = score[BOTH.names[i]].per_base(0)[:: 1 if strand == "+" else -1]
        assert values == pytest.approx(dict(enumerate(wanted.tolist(), 20)), rel=1e-5, abs=1e-6)
    assert abs(level.y[0, 0] - level.y[1, 0]) > 0.01


def test_where_both_strands_are_read_they_have_one_file_of_values_that_agree(written):
    files, _, score = written(linear_model(), "activity")
    assert list(files) == [
        f"toy-linear_activity_{kind}_genome.bedgraph"
        for kind in ("prediction", "attribution", "mutagenesis")
    ]
    _, values = files["toy-linear_activity_attribution_genome.bedgraph"]
    for name, step in (("up", 1), ("down", -1)):
        wanted = dict(enumerate(score[name].per_base(0)[::step].tolist(), 20))
        assert values == pytest.approx(wanted, abs=1e-5)


def test_a_track_of_one_strand_is_the_genome_s(written):
    """The prediction is of the genome's strand; what explains is named by it, strands apart."""
    files, level, _ = written(profile_model(both_strands=True), "plus")
    of = {name: title for name, (title, _) in files.items()}
    assert of == {
        **{
            f"toy-profile_{name}_prediction_genome.bedgraph": f"toy-profile {name}: prediction"
            for name in ("plus", "minus")
        },
        **{
            f"toy-profile_{name}_{kind}_genome_{name}.bedgraph": (
                f"toy-profile {name}: {kind} ({strand} strand)"
            )
            for kind in ("attribution", "mutagenesis")
            for name, strand in (("plus", "+"), ("minus", "-"))
        },
    }
    for track, name in enumerate(("plus", "minus")):
        _, values = files[f"toy-profile_{name}_prediction_genome.bedgraph"]
        wanted = level.y[level.rows(0), track].tolist()
        assert values == pytest.approx(dict(zip(range(20, 80, 10), wanted, strict=True)), rel=1e-4)


@pytest.mark.parametrize("name", ["up", "down"])
def test_rows_of_the_genome_view_say_the_strand_and_the_genome_s_track(given, monkeypatch, name):
    place, strand = BOTH.origins[BOTH.index(name)].interval, "+-"[name == "down"]

    def rows(model, track):
        given(None, BOTH)
        target = Target(model.card.track_index(track))
        one = BOTH.select((name,))
        score = attribute(model, one, settings=AttributionSettings(baseline="zeros"), target=target)
        level = predict(model, BOTH)
        monkeypatch.setattr(genome.made, "prediction", lambda card: level)
        monkeypatch.setattr(genome.made, "attribution", lambda card, name: score)
        monkeypatch.setattr(
            genome.made, "mutagenesis", lambda card, name: mutagenesis(model, one, target=target)
        )
        monkeypatch.setattr(genome.controls, "track", lambda card: track)
        monkeypatch.setattr(genome.controls, "both_strands", lambda card: card.both_strands)
        found = [
            *genome._predicted(model.card, place),
            *genome._attributed(model.card, name, place),
            *genome._changed(model.card, name, place),
        ]
        return level, {row.key: row for row in found}

    level, found = rows(linear_model(both_strands=False), "activity")
    assert {key: row.title for key, row in found.items()} == {
        "prediction_plus": "Prediction (+ strand)",
        "prediction_minus": "Prediction (- strand)",
        "attribution": f"Attribution ({strand} strand)",
        "mean": f"Minus mean effect ({strand} strand)",
        "most": f"Strongest change ({strand} strand)",
    }
    for i, key in enumerate(("prediction_plus", "prediction_minus")):
        assert found[key].runs.value.tolist() == level.y[i].tolist()

    level, found = rows(profile_model(), "plus")
    of = "plus" if strand == "+" else "minus"  # on the genome
    assert {row.title for row in found.values()} == {
        f"{kind} of {of}"
        for kind in ("Prediction", "Attribution", "Minus mean effect", "Strongest change")
    }
    values = found["prediction"].runs.value
    wanted = level.y[level.rows(0), level.tracks.index(of)]
    assert values == pytest.approx(wanted, abs=1e-5)
    # as the page Predict shows it of this sequence, turned where it is of the minus strand
    shown = level.y[level.rows(BOTH.index(name)), 0][:: 1 if strand == "+" else -1]
    assert values == pytest.approx(shown, abs=1e-5)

    _, found = rows(linear_model(), "activity")
    assert [row.title for row in found.values()] == [
        "Prediction", "Attribution", "Minus mean effect", "Strongest change",
    ]  # fmt: skip


def test_the_sign_of_a_track_is_in_the_names_of_its_files(given, monkeypatch):
    named = []
    given(None, BOTH)
    monkeypatch.setattr(
        tracks.download, "row", lambda files: named.extend(name for name, _ in files.values())
    )
    for of in ("CN1+", "CN1-", "CN1+ minus CN2-", "CD8+ cells"):
        tracks._files(tracks._Offered("prediction", tuple, "", of), toy_card())
    assert named[::2] == [
        f"toy_{of}_prediction_genome.bedgraph"
        for of in ("CN1-plus", "CN1-minus", "CN1-plus-minus-CN2-minus", "CD8-plus-cells")
    ]


def test_scores_have_the_unit_of_their_method(given, monkeypatch):
    card = toy_card()
    score = SimpleNamespace(method="saliency", target=Target(0), names=("a",), units=card.units)
    given(HG38, taken(HG38))
    monkeypatch.setattr(tracks.made, "known_prediction", lambda card: None)
    monkeypatch.setattr(tracks.made, "known_mutagenesis", lambda card, name: None)
    monkeypatch.setattr(tracks.made, "known_attribution", lambda card, name: score)
    monkeypatch.setattr(tracks.controls, "track", lambda card: card.tracks[0].name)
    (offered,) = tracks._known(card)
    about = offered.about
    assert about == f"saliency, {tracks.ABOUT['saliency'].in_units(card.units)}"
    assert about != f"saliency, {card.units}"
