"""Annotations on the Workbench: genes of the genome, and intervals that a visitor uploads."""

import gc
import weakref
from types import SimpleNamespace

import pytest

from gexp_core.inputs.genes import Genes, Transcript
from gexp_core.types import InputCheck, Interval, Origin, SequenceSet
from gexp_core.ui import genomes, regions, workspace
from gexp_core.ui.workbench import annotated, desk
from tests.toy_models import random_sequence
from tests.ui.conftest import give, lay, plain
from tests.ui.test_workbench import bench_of, done, go, panel, press, settle

TEXT = random_sequence(60, 8)
PLACE = Interval("chr7", 1_000, 1_060, "-")
BED = b"alpha\t4\t9\tbox\t0\t-\n7\t1050\t1070\tpeak\t0\t+\nchr9\t1\t2\tfar\t0\t+\nchr9\tx\ty\n"


@pytest.fixture
def drawn(monkeypatch):
    """The rows that the view was last given, by title."""
    seen, draw = {}, desk.sequence_view

    def noted(sequence, rows, **options):
        seen.clear()
        seen.update({row.title: row for row in rows})
        return draw(sequence, rows, **options)

    monkeypatch.setattr(desk, "sequence_view", noted)
    return seen


class Meadow:
    """A genome of which only the name is asked."""

    name = "meadow"


@pytest.fixture
def bench(app, drawn, monkeypatch):
    """One sequence that came from the chosen genome, whose genes are known."""
    monkeypatch.setattr(genomes, "current", lambda: genomes.Chosen(Meadow(), "key"))
    return opened(app, "meadow chr7:1001-1060(-)")


def opened(app, source):
    """Open the Workbench on a sequence from this source, with an annotation at hand."""
    read = SequenceSet(("alpha",), (TEXT,), (Origin(source, PLACE),))
    made = workspace.Workspace(InputCheck(read), source)
    app.session_state["_workspace"] = made
    app.session_state[workspace.TOKEN] = made.token
    genes = Genes([Transcript("t1", "GENE1", "g1", "chr7", 900, 1_020, "-")])
    lay(app, regions._GENES, genes)
    return go(app, "workbench", done)


def marks(row):
    return list(zip(row.labels, row.starts, row.ends, row.strands, strict=True))


def test_genes_lie_on_a_sequence_of_a_genome_by_themselves(bench, drawn):
    assert marks(drawn["Genes"]) == [("GENE1", 40, 60, "+")]
    assert "Annotations" not in drawn
    panel(bench, "Annotations")
    frame = bench.dataframe[0].value
    assert frame[["kind", "name", "first", "last", "strand"]].to_numpy().tolist() == [
        ["gene", "GENE1", 41, 60, "+"]
    ]
    assert frame["genome"].tolist() == ["chr7:1,001-1,020"]


@pytest.mark.parametrize("source", ["meadow2 chr7:1001-1060(-)", "here"])
def test_genes_of_another_genome_are_not_drawn(app, drawn, monkeypatch, source):
    monkeypatch.setattr(genomes, "current", lambda: genomes.Chosen(Meadow(), "key"))
    at = opened(app, source)
    assert bench_of(at).interval == PLACE
    assert "Genes" not in drawn


def test_what_a_file_says_too_little_or_too_much_of_is_told(bench, drawn):
    at = panel(bench, "Annotations")
    lines = [f"alpha\t{i % 50}\t{i % 50 + 5}\tsite\t0\t+" for i in range(1_200)]
    lines[7] = "alpha\t7\t9\tsite\t0\t."
    at.file_uploader(key="bench_annotations").upload("own.bed", "\n".join(lines).encode()).run()
    told = plain(" ".join(c.value for c in at.caption))
    assert "1,200 of 1,200 intervals on alpha; the first 1,000 are shown." in told
    assert "no strands are shown, as some intervals have none" in told
    assert "1,199 regions renamed with a suffix" in told
    row = drawn["Annotations"]
    assert len(row.labels) == 1_000 and set(row.strands) == {""}


def test_uploaded_intervals_are_listed_follow_edits_and_a_bad_file_loses_nothing(bench, drawn):
    at = panel(bench, "Annotations")
    at.file_uploader(key="bench_annotations").upload("own.bed", BED).run()
    settle(at, lambda at: len(at.dataframe[-1].value) == 3)
    told = plain(" ".join(c.value for c in at.caption))
    assert "own.bed: 2 of 3 intervals on alpha." in told
    assert at.expander[0].label == "Left out (1)"

    def listed(at):
        columns = ["kind", "name", "first", "last", "strand"]
        return at.dataframe[-1].value[columns].to_numpy().tolist()

    assert listed(at) == [
        ["uploaded", "peak", 1, 10, "-"],
        ["uploaded", "box", 5, 9, "-"],
        ["gene", "GENE1", 41, 60, "+"],
    ]
    settle(at, lambda at: at.dataframe[-1].value["contribution"].notna().all())
    scores = bench_of(at).last["attribution"][2].per_base(0)
    assert at.dataframe[-1].value["contribution"][1] == pytest.approx(scores[4:9].sum(), abs=1e-6)
    panel(at, "Edit")
    at.text_input(key="bench_stretch").set_value("1-2").run()
    press(at, "Delete")
    panel(at, "Annotations")
    assert [row[2:4] for row in listed(at)] == [[1, 8], [3, 7], [39, 58]]
    assert marks(drawn["Annotations"]) == [("peak", 0, 8, "-"), ("box", 2, 7, "-")]
    at.file_uploader(key="bench_annotations").upload("bad.bed", b">alpha\nACGT\n").run()
    assert "FASTA" in plain(at.error[0].value)
    assert len(listed(at)) == 3


def test_where_nothing_lies_it_says_why_and_what_would(app):
    give(app, f">alpha\n{TEXT}\n")
    at = go(app, "workbench", done)
    panel(at, "Annotations")
    told = plain(" ".join(c.value for c in at.caption))
    assert "Nothing is annotated on these letters." in told and "page Regions" in told
    at.file_uploader(key="bench_annotations").upload("own.bed", b"chr9\t1\t2\tfar\n").run()
    told = plain(" ".join(c.value for c in at.caption))
    assert "own.bed: 0 of 1 interval on alpha. They name chr9;" in told
    assert "place on a genome is not known" in told


def test_no_more_lines_are_looked_at_than_of_other_lists():
    many = annotated.LIMITS
    assert (many.max_records, many.max_lines, many.max_refused) == (50_000, 1_000_000, 100_000)


def test_what_lies_here_keeps_no_annotation_in_memory():
    class Source:
        """Where annotations are from."""

    source, made = Source(), []
    at = SimpleNamespace(annotated={})
    for _ in range(2):
        annotated._once(at, "own", source, lambda: made.append(1) or ())
    assert made == [1]
    seen = weakref.ref(source)
    del source
    gc.collect()
    assert seen() is None
    annotated._once(at, "own", Source(), lambda: made.append(1) or ())
    assert made == [1, 1]
