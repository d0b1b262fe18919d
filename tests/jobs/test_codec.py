"""Results come back from their bytes exactly, and no kind of result is forgotten."""

import dataclasses
import importlib
import struct
import tracemalloc
import types
import typing
from collections.abc import Mapping

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core import pipeline
from gexp_core.edits.design import design_named
from gexp_core.edits.epistasis import epistasis_named
from gexp_core.evaluate.compare import compare_named
from gexp_core.explain.attention import attended_named
from gexp_core.explain.effect_background import background_named
from gexp_core.explain.stretches import edits_named
from gexp_core.explain.variants import score_named
from gexp_core.export.bundle import results_bundle
from gexp_core.inputs import open_genome, read_text
from gexp_core.inputs.alleles import Variant
from gexp_core.jobs import codec
from gexp_core.jobs.codec import DTYPES, KINDS, Unknown, decode, encode
from gexp_core.motifs.alleles import MotifChange
from gexp_core.motifs.bench_named import run_named
from gexp_core.motifs.bench_sites import take_out_named
from gexp_core.motifs.credited import AtWork, Credited, Relative
from gexp_core.motifs.filter_nouns import Filter, FilterSet
from gexp_core.motifs.hits import Place
from gexp_core.motifs.nouns import Calling, Match, Motif, MotifSet, Seqlet, Site
from gexp_core.motifs.scanning import Hit
from gexp_core.types import Provenance, SequenceSet, Target
from tests.jobs.named import jobs_of_pages, passing
from tests.toy_models import random_sequence, random_set


def same(one, other):
    """Return whether two values are of the same types and the same bits throughout."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        alike = (one.dtype, one.shape) == (other.dtype, other.shape)
        return alike and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    return one == other


def test_what_compares_values_here_sees_every_difference():
    zeros = np.zeros((2, 3), np.float32)
    assert same((zeros, [1.0, {"a": None}]), (zeros.copy(), [1.0, {"a": None}]))
    for one, other in [
        (0.0, -0.0),
        (1, 1.0),
        (1, True),
        ((1,), [1]),
        (np.float32(1), 1.0),
        (zeros, zeros.astype(float)),
        (zeros, zeros.T),
        (zeros, -zeros),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (Target(0), Target(1)),
    ]:
        assert not same(one, other)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.just(float("nan"))
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=20)
)
ARRAYS = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda name: arrays_of.arrays(np.dtype(name), arrays_of.array_shapes(min_dims=0, min_side=0))
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.just((1, "a")), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_every_value_comes_back_exactly(value):
    assert same(decode(encode(value)), value)


def test_arrays_of_any_layout_come_back_and_may_be_written_to():
    base = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for array in (base.T, base[:, ::2, ::-1], np.asfortranarray(base), base[0, 0, 0], base[:0]):
        back = decode(encode(array))
        assert same(back, array)
        if isinstance(back, np.ndarray):
            assert back.flags.writeable
    assert same(decode(encode(np.float32(0.1))), np.float32(0.1))


def test_reading_holds_one_copy_beside_what_it_reads():
    data = memoryview(encode((np.arange(2**20, dtype=np.float64), "a")))  # 8 MiB
    tracemalloc.start()
    try:
        decode(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(data) <= peak < 1.1 * len(data)  # the array itself, and little else


def test_what_is_read_here_is_what_the_library_reads():
    made = [np.arange(6).astype(name).reshape(2, 3) for name in sorted(DTYPES)]
    data = encode(made)
    theirs = safetensors.numpy.load(data)
    for n, array in enumerate(decode(data)):
        np.testing.assert_array_equal(array, theirs[str(n)])
        assert array.dtype == theirs[str(n)].dtype


@dataclasses.dataclass(frozen=True)
class Stranger:
    """A dataclass that nobody listed."""

    y: int = 1


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        Stranger(),
        (1, [Stranger()]),
        np.array([object()]),
        np.array(["text"]),
        np.arange(3, dtype=">i4"),
        np.str_("text"),
        types.MappingProxyType({"a": 1}),
        len,
    ],
)
def test_what_is_not_on_the_list_is_refused(value):
    with pytest.raises(Unknown, match="a result holds"):
        encode(value)


def test_nothing_but_what_is_on_the_list_is_made(tmp_path):
    def told(text):
        return safetensors.numpy.save({"json": np.frombuffer(text.encode(), np.uint8)})

    assert decode(told('["t",1,"a"]')) == (1, "a")
    for text in (
        '["k","os:system","true"]',
        '["k","tests.jobs.test_codec:Stranger",1]',
        '["k","gexp_core.types:Target",0]',  # a field is missing
        '["k","gexp_core.types:SequenceSet",["t","a"],["t","Z"],["t"]]',  # checked as ever
        '["x",1]',
        "[]",
        "[" * 100_000,
        "",
    ):
        with pytest.raises((Exception, RecursionError)):
            decode(told(text))


def inside(hint, seen):
    """Collect the dataclasses that a value of a type may hold; return what is no type of ours."""
    if hint in (typing.Any, None, type(None), bool, int, float, str, bytes, object, ...):
        return set()
    origin = typing.get_origin(hint)
    if origin is np.ndarray:
        return set()
    if origin in (tuple, list, dict, Mapping, typing.Union, types.UnionType):
        return {one for part in typing.get_args(hint) for one in inside(part, seen)}
    if not dataclasses.is_dataclass(hint):
        return {hint}
    name = f"{hint.__module__}:{hint.__qualname__}"
    if name in seen:
        return set()
    seen.add(name)
    hints = typing.get_type_hints(hint)
    return {
        one
        for field in dataclasses.fields(hint)
        if field.init
        for one in inside(hints[field.name], seen)
    }


def test_every_result_of_every_job_can_lie_on_disk():
    work = jobs_of_pages()
    assert {"gexp_core.pipeline:run", "gexp_core.motifs.hits:places_named"} <= work
    never = passing()
    assert never == {
        "gexp_core.motifs.compiled:warm_up",  # of this machine's disk
        "gexp_core.explain.timing:reading_time",  # of this machine
        "gexp_core.inputs.remote:fetch",  # what it fetched lies in a cache of its own
    }
    seen, strange = set(), {}
    for name in sorted(work - never):
        module, _, function = name.partition(":")
        made = getattr(importlib.import_module(module), function)
        if left := inside(made.__annotations__["return"], seen):
            strange[name] = left
    assert strange == {}
    assert seen == KINDS  # all of them, and none that no job returns


def test_kinds_are_frozen_dataclasses_that_make_their_other_fields_themselves():
    for name in KINDS:
        made = codec._class(name)
        assert dataclasses.is_dataclass(made) and made.__dataclass_params__.frozen


def test_what_the_core_makes_comes_back_exactly(toy, attentive_folder, monkeypatch):
    given = read_text(
        f">a\n{random_sequence(70, 1)}N\n>b\n{random_sequence(50, 2).lower()}\n>c\nZ\n"
    )
    assert given.changes and given.rejected
    run = pipeline.run(toy, given, settings=pipeline.RunSettings(n_baselines=2))
    one = run.check.sequences.select(("a",))
    other = one.sequences[0][:10] + "ACGT" + one.sequences[0][14:]
    made = [
        run,
        results_bundle(given, run.prediction, None, None, run.card, pictured=1),
        edits_named(toy, one, size=30),
        epistasis_named(toy, one, other),
        compare_named(toy, one, toy),
        background_named(toy),
        run_named(toy, one, "position", "TGACTCA", "", ground="random", n=2, length=60, gc=0.5),
        take_out_named(toy, random_set((60, 60, 60)), "NACGTN"[1:5]),
    ]
    monkeypatch.setenv("GEXP_MODELS", str(attentive_folder))
    made.append(attended_named("toy-attention", one))
    for value in made:
        assert same(decode(encode(value)), value), type(value)


def test_variants_come_back_exactly(toy, tmp_path):
    letters = random_sequence(300, 3)
    (tmp_path / "small.fa").write_text(f">chr1\n{letters}\n")
    genome = open_genome(tmp_path / "small.fa", "small")
    alt = "A" if letters[149] != "A" else "C"
    wrong = "A" if letters[9] != "A" else "C"
    variants = (Variant("chr1", 150, letters[149], alt), Variant("chr1", 10, wrong, "G", "rs1"))
    made = score_named(toy, genome, variants)
    assert np.isnan(made.y_ref).any() and not np.isnan(made.y_ref).all()
    assert same(decode(encode(made)), made)


def test_what_the_motif_room_makes_comes_back_exactly():
    rng = np.random.default_rng(0)
    ppm = np.full((4, 5), 0.25, np.float32)
    match = Match("MA0001.1", "AP1", 1e-8, 3e-5, -2, 4, "-")
    site = Site(0, 3, 8, "+", 0.5, 0.9)
    motif = Motif("pos_1", ppm, rng.normal(size=(4, 5)).astype(np.float32), (site,), (match,))
    sequences = random_set((60,))
    credited = Credited(
        "MA1", "AP1", ppm, -1, np.array([[0, 3]]), np.array([True]), ppm[0, :1], 2, 12,
        *(-0.5, 0.1, 0.2, -0.9, -0.3, 1e-9, 1e-7), (Relative("MA2", "FOS", 1e-3),),
    )  # fmt: skip
    found = MotifSet(
        sequences.names,
        sequences.sequences,
        (motif,),
        (Seqlet(0, 3, 8, -0.1, 0.001),),
        (Calling(1, 5, None),),
        Target(0, (1, 3)),
        "log2",
        Provenance(sequences.digest, "toy", "0" * 64, {"a": [1, {"b": None}], "c": 0.5}, 7),
        ("a note",),
        "jaspar",
        ((match,),),
        AtWork((credited,), 5, 9, "jaspar", 5e-4, ("another",)),
    )
    one = Filter(3, None, 0.1, ppm[0], ppm[1])
    filters = FilterSet("toy", ("t",), "u", 0, (one,), 5, 4, "", found.provenance)
    hit = Hit(0, 1, 8, "-", "MA1", "AP1", 9.5, 1e-5)
    change = MotifChange(True, "MA1", "AP1", "+", 1e-4, 8.0, float("-inf"))
    for value in (found, filters, (Place(hit, ("FOS",)),), (hit, hit), ((change,), ())):
        assert same(decode(encode(value)), value)


def test_a_design_comes_back_exactly(toy):
    made = design_named(toy, SequenceSet(("a",), (random_sequence(60, 5),)))
    assert same(decode(encode(made)), made)
