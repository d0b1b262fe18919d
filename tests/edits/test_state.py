"""Edits against a plain list of letters: texts, places, undo and redo, and the notation."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.edits import notation, state
from gexp_core.edits.state import NEW, Edit, EditState, History, Rewrite
from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError, LimitError
from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from tests.toy_models import conv_model, random_sequence

DNA = st.text("ACGTN", min_size=1, max_size=30)


@st.composite
def one_edit(draw, sequence):
    """One thing a visitor can do to ``sequence``."""
    length = len(sequence)
    start = draw(st.integers(0, length - 1))
    end = draw(st.integers(start + 1, length))
    kind = draw(st.sampled_from("substitute insert delete paste flip shuffle knock".split()))
    if kind == "substitute":
        return state.substitute(start, draw(st.sampled_from("ACGT")))
    if kind == "insert":
        return state.insert(draw(st.integers(0, length)), draw(DNA))
    if kind == "delete" and end - start < length:
        return state.delete(start, end)
    if kind == "paste":
        return state.paste(start, draw(st.text("ACGT", min_size=1, max_size=length - start)))
    if kind == "flip":
        return state.flip(sequence, start, end)
    if kind == "shuffle":
        return state.shuffle(sequence, start, end, seed=draw(st.integers(0, 9)))
    return state.knock_out(sequence, start, end)


@st.composite
def walk(draw):
    """A history after random edits, undos and redos, with the texts it should have passed."""
    original = draw(DNA)
    history, texts, at = History(original), [original], 0
    for step in draw(st.lists(st.sampled_from("eeeuur"), max_size=14)):
        if step == "e":
            edit = draw(one_edit(texts[at]))
            text = texts[at][: edit.start] + edit.letters + texts[at][edit.end :]
            history, texts, at = history.do(edit), [*texts[: at + 1], text], at + 1
        elif step == "u":
            history, at = history.undo(), max(0, at - 1)
        else:
            history, at = history.redo(), min(len(texts) - 1, at + 1)
    return history, texts, at


@settings(max_examples=80, deadline=None)
@given(walk())
def test_the_text_is_that_of_plain_slices_and_undo_and_redo_walk_along_it(walked):
    history, texts, at = walked
    assert history.sequence == texts[at]
    assert history.done == at
    back = history
    for text in reversed(texts[:at]):
        back = back.undo()
        assert back.sequence == text
    assert back.undo() is back
    forth = back
    for text in texts[1:]:
        forth = forth.redo()
        assert forth.sequence == text
    assert forth.redo() is forth
    np.testing.assert_array_equal(history.state.places, History(*_parts(history)).state.places)


def _parts(history):
    return history.original, history.edits, history.done


@settings(max_examples=80, deadline=None)
@given(walk())
def test_places_follow_every_base_as_tags_on_a_list_would(walked):
    history, _, _ = walked
    tags = [(letter, place) for place, letter in enumerate(history.original)]
    for edit in history.edits[: history.done]:
        gone = tags[edit.start : edit.end]
        come = [(letter, NEW) for letter in edit.letters]
        if len(gone) == len(come):
            come = [(letter, place) for letter, (_, place) in zip(edit.letters, gone, strict=True)]
        else:  # what both share at the left, then at the right, was not touched
            left = 0
            while left < min(len(gone), len(come)) and gone[left][0] == come[left][0]:
                come[left] = gone[left]
                left += 1
            right = 1
            while right <= min(len(gone), len(come)) - left and gone[-right][0] == come[-right][0]:
                come[-right] = gone[-right]
                right += 1
        tags[edit.start : edit.end] = come
    now = history.state
    assert "".join(letter for letter, _ in tags) == now.sequence
    assert [place for _, place in tags] == now.places.tolist()
    for i, (_, place) in enumerate(tags):
        assert now.to_original(i) == (None if place == NEW else place)
        if place != NEW:
            assert now.from_original(place) == i
    kept = now.places[now.places != NEW]
    assert (np.diff(kept) > 0).all()


@settings(max_examples=80, deadline=None)
@given(walk())
def test_the_notation_read_back_gives_the_text_letter_for_letter(walked):
    history, _, _ = walked
    text = notation.describe(history.state)
    assert notation.edited(history.original, text).sequence == history.sequence
    assert (text == "=") == (history.sequence == history.original)
    edits = notation.read_edits(text, history.original)
    one_by_one = state.unedited(history.original)
    for edit in edits:
        one_by_one = one_by_one.apply(edit)
    at_once = history.do(Rewrite(edits)).state
    assert at_once.sequence == one_by_one.sequence
    assert at_once.places.tolist() == one_by_one.places.tolist()


@settings(max_examples=60, deadline=None)
@given(walk(), st.data())
def test_one_state_is_carried_onto_another_of_the_same_original(walked, data):
    history, _, at = walked
    other = History(history.original, history.edits, data.draw(st.integers(0, at))).state
    across = history.state.carry(other)
    for i, j in enumerate(across):
        place = history.state.to_original(i)
        expected = None if place is None else other.from_original(place)
        assert (None if j == NEW else j) == expected


def test_predicting_the_edited_text_is_predicting_it_from_scratch():
    """The state is text, so nothing of how it was reached can leak into a prediction."""
    model, original = conv_model(), random_sequence(60, 3)
    history = History(original)
    for edit in (
        state.substitute(5, "A"),
        state.delete(10, 14),
        state.flip(history.sequence, 20, 31),
        state.insert(0, "TTGCA"),
        state.substitute(40, "C"),
    ):
        history = history.do(edit)
    history = history.undo().undo().redo()
    typed = "".join(history.sequence)  # the letters alone
    there = predict(model, SequenceSet(("a",), (history.sequence,)))
    here = predict(model, SequenceSet(("b",), (typed,)))
    np.testing.assert_array_equal(there.y, here.y)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (state.substitute(2, "A"), "3T>A"),
        (state.insert(4, "GG"), "4_5insGG"),
        (state.insert(0, "GG"), "0_1insGG"),
        (state.insert(8, "GG"), "8_9insGG"),
        (state.delete(1, 2), "2del"),
        (state.delete(1, 4), "2_4del"),
        (Edit(1, 4, "A"), "2_4delinsA"),
        (Edit(1, 4, "G"), "2_3del"),  # the last letter stays
        (Edit(2, 4, "AC"), "3_4delinsAC"),
        (state.flip("ACTGGTAA", 0, 2), "1_2inv"),
        (Edit(0, 0, ""), "="),
        (state.substitute(0, "A"), "="),
    ],
)
def test_known_texts(edit, said):
    assert notation.describe(History("ACTGGTAA").do(edit).state) == said


def test_a_stretch_that_was_turned_round_is_one_edit():
    """A quarter of its letters are by chance what they were."""
    text = random_sequence(90, 3)
    for start, end in ((0, 90), (20, 50)):
        turned = state.unedited(text).apply(state.flip(text, start, end))
        assert sum(a == b for a, b in zip(text, turned.sequence, strict=True)) > 90 - end + start
        said = notation.describe(turned)
        first, last = map(int, said.removesuffix("inv").split("_"))
        assert first - 1 - start == end - last < 3  # the ends may be by chance what they were
        again = notation.edited(text, said)
        assert again.sequence == turned.sequence and again.places.tolist() == list(range(90))
    # with another edit beside it, and of two bases, it is no turn for certain
    assert notation.describe(turned.apply(state.insert(80, "ACGT"))).count(";") >= 1
    assert notation.describe(notation.edited("TATC", "[1T>G;4C>A]")) == "[1T>G;4C>A]"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3A>C", "has T there"),
        ("9A>C", "outside the 8 bases"),
        ("4_2del", "outside the 8 bases"),
        ("2_5insA", "two neighbouring"),
        ("2_4del;3T>A", "two edits meet"),
        ("3_4insA;3_4insC", "two edits meet"),
        ("3delins", "no letters"),
        ("3_4delAA", "does not have there"),
        ("hello", "cannot be read"),
        ("3T>A;;", "cannot be read"),
    ],
)
def test_notation_that_does_not_fit_says_what_is_wrong(text, sentence):
    with pytest.raises(InputError, match=sentence):
        notation.read_edits(text, "ACTGGTAA")


def test_reading_does_not_mind_case_spaces_or_the_letters_of_a_deletion():
    for text in ("[3t>a; 5_6DEL]", "5_6delGT;3T>A", " 3T>A;5_6del "):
        assert notation.edited("ACTGGTAA", text).sequence == "ACAGAA"


def test_verbs_keep_what_they_promise():
    text = random_sequence(40, 1) + "N" + random_sequence(20, 2)
    shuffled = History(text).do(state.shuffle(text, 5, 55, seed=4)).sequence
    assert shuffled != text
    pairs = [Counter(map("".join, pairwise(t))) for t in (text, shuffled)]
    assert pairs[0] == pairs[1]
    flipped = state.flip(text, 3, 20)
    assert flipped.letters == reverse_complement(text[3:20])
    out = state.knock_out(text, 0, len(text)).letters
    assert all(a != b for a, b in zip(text, out, strict=True) if a != "N")
    again = History(out).do(state.knock_out(out, 0, len(out))).sequence
    assert again == text


@pytest.mark.parametrize(
    "edit",
    [state.delete(3, 9), state.substitute(8, "A"), state.paste(6, "ACG"), state.delete(0, 8)],
)
def test_an_edit_that_does_not_fit_says_so_and_changes_nothing(edit):
    history = History("ACTGGTAA")
    with pytest.raises(InputError, match=r"8 bases|no base at all"):
        history.do(edit)
    assert history.sequence == "ACTGGTAA"


def test_bounds_are_said():
    with pytest.raises(LimitError, match="200,000 are read"):
        History("ACGT").do(state.insert(0, "A" * 199_997))
    history = History("A" * 200_000)
    with pytest.raises(LimitError, match="download the sequence"):
        for _ in range(60):
            history = history.do(state.paste(0, "C" * 190_000))
    assert history.done == 52


def test_many_edits_as_text_copy_the_sequence_once(monkeypatch):
    text, made = "A" * 5_000, []

    def counted(*given):
        made.append(given)
        return EditState(*given)

    monkeypatch.setattr(state, "EditState", counted)
    asked = ";".join(f"{at}A>C" for at in range(1, 5_001))
    assert notation.edited(text, asked).sequence == "C" * 5_000
    assert len(made) <= 3
    made.clear()
    history = History(text).do(Rewrite(notation.read_edits(asked, text)))
    assert history.undo().redo().sequence == "C" * 5_000 and len(made) <= 9


def test_edits_that_meet_are_refused_before_each_holds_the_sequence(monkeypatch):
    turned = []

    def counted(letters):
        turned.append(letters)
        return reverse_complement(letters)

    monkeypatch.setattr(notation, "reverse_complement", counted)
    with pytest.raises(InputError, match="two edits meet"):
        notation.read_edits(";".join(["1_8inv"] * 1_000), "ACTGGTAA")
    assert len(turned) == 2


def test_a_long_sequence_is_described_and_read_back():
    text = random_sequence(131_072, 5)
    history = History(text)
    rng = np.random.default_rng(0)
    for at in np.sort(rng.choice(131_000, 200, replace=False))[::-1]:
        history = history.do(state.substitute(int(at), "ACGT"["TGCA".index(text[at])]))
        history = history.do(state.insert(int(at), "AC"))
    said = notation.describe(history.state)
    assert notation.edited(text, said).sequence == history.sequence
