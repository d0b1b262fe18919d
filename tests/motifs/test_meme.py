"""A visitor's file of known motifs: what is read, and one sentence for everything else."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.models.card import ModelCard
from gexp_core.motifs import database, read_meme
from gexp_core.motifs.meme import MEME_LIMITS
from tests.toy_models import toy_card

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
ONE = "MOTIF MA1 Alpha\nletter-probability matrix: alength= 4 w= 2 nsites= 9 E= 0\n"
ROWS = "0.5 0.5 0 0\n 0 0 0.25 0.75\n"


def test_a_file_is_read_as_it_is():
    (one,) = read_meme((HEAD + ONE + ROWS).encode())
    assert (one.id, one.name) == ("MA1", "Alpha")
    np.testing.assert_array_equal(one.ppm, [[0.5, 0], [0.5, 0], [0, 0.25], [0, 0.75]])


def test_a_database_is_known_by_its_motifs_and_not_by_its_file():
    (one,) = read_meme((HEAD + ONE + ROWS).encode())
    (again,) = read_meme((HEAD + ONE + ROWS.replace("0.5 0.5", "5e-1\t0.50")).encode())
    told = database.identity([one], "mine")
    assert (told["name"], told["motifs"]) == ("mine", 1) and len(told["sha256"]) == 64
    assert database.identity([again], "mine") == told
    turned = replace(one, ppm=one.ppm[::-1])
    others = [[turned], [replace(one, name="Beta")], [replace(one, id="MA2")], [one, one], []]
    digests = {database.identity(some, "mine")["sha256"] for some in others}
    assert len(digests | {told["sha256"]}) == 6


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "\n\n" + ONE + "\n" + ROWS + "\nURL http://x\n",
        (HEAD + ONE + ROWS).replace("\n", "\r\n"),
        HEAD + ONE.replace("w= 2 ", "") + ROWS + "\nMOTIF b\n" + ONE.split("\n")[1] + "\n" + ROWS,
        HEAD.replace("ALPHABET= ACGT", 'ALPHABET "DNA" DNA-LIKE') + ONE + ROWS,
        HEAD + ONE + "5.0e-01\t0.5\t0\t0\n0 0 0.25 0.75\n",
    ],
)
def test_the_forms_that_tools_write_are_read(text: str):
    made = read_meme(text.encode())
    np.testing.assert_array_equal(made[0].ppm[:, 0], [0.5, 0.5, 0, 0])
    assert read_meme(gzip.compress(text.encode()))[0].id == made[0].id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not in MEME format"),
        (">MA1 x\nA [1 2]\n", "JASPAR's own format"),
        (HEAD, "no line that begins with MOTIF"),
        (HEAD + "MOTIF\n", "without a name in line 7"),
        (HEAD + "MOTIF a\n", "has no 'letter-probability matrix'"),
        (HEAD + "MOTIF a\nMOTIF b\n", "has no 'letter-probability matrix' (before line 8)"),
        (HEAD + ONE + "0.5 0.5 0 0\n", "1 lines of four numbers where w= 2 promises 2"),
        (HEAD + ONE + "0.5 0.5 0\n", "0 lines of four numbers"),
        (HEAD + ONE + "0.5 0.5 0 nan\n", "0 lines of four numbers"),
        (HEAD + ONE + "12 3 0 4\n1 0 0 0\n", "do not add up to 1 (column 1)"),
        (HEAD + ONE + "1.5 -0.5 0 0\n1 0 0 0\n", "do not add up to 1"),
        (HEAD + ONE + ROWS + ONE + ROWS, "has the motif 'MA1' twice, again in line 11"),
        (HEAD.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY") + ONE + ROWS, "not over ACGT"),
        (HEAD + ONE.replace("w= 2", "w= 999") + "1 0 0 0\n" * 999, "more than 100 columns"),
        (HEAD + ONE.replace("w= 2 ", "") + "1 0 0 0\n" * 999, "more than 100 columns"),
        ("\x00" * 50, "the motif file"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, said: str):
    with pytest.raises(GexpError) as caught:
        read_meme(text.encode())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_bounds_hold():
    many = "".join(f"MOTIF m{k}\n{ONE.split(chr(10))[1]}\n{ROWS}" for k in range(10_001))
    with pytest.raises(LimitError, match="more than 10,000 motifs"):
        read_meme((HEAD + many).encode())
    with pytest.raises(LimitError):
        read_meme(b"M" * (MEME_LIMITS.max_bytes + 1))
    with pytest.raises(LimitError):
        read_meme(gzip.compress(b" " * (MEME_LIMITS.max_unpacked + 1)))
    with pytest.raises(LimitError, match="more than 1,200,000 lines"):
        read_meme(gzip.compress(b"MEME version 5\n" + b"\n" * 1_200_000))


def test_names_hold_no_control_characters():
    evil = ONE.replace("MA1 Alpha", "M\u202eA\x1b[31m <b>x</b>\u2028" + "y" * 500)
    (one,) = read_meme((HEAD + evil + ROWS).encode())
    assert one.name.isprintable() and len(one.name) <= 80


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.integers(0, 200))
def test_any_text_is_read_or_refused_with_a_sentence(text: str, at: int):
    whole = HEAD + ONE + ROWS
    for given_text in (text, HEAD + text, whole[:at] + text + whole[at:]):
        try:
            made = read_meme(given_text.encode("utf-8", "replace"))
        except GexpError as error:
            assert "\n" not in str(error)
        else:
            assert all(abs(one.ppm.sum(0) - 1).max() < 1e-5 for one in made)


def test_the_bundled_databases_are_whole():
    counts = {name: len(database.motifs_of(name)) for name in database.databases()}
    assert counts["jaspar-vertebrates"] == 1019 and counts["jaspar-fungi"] == 193
    crx = next(one for one in database.motifs_of("jaspar-vertebrates") if one.name == "Crx")
    best = "".join("ACGT"[k] for k in crx.ppm.argmax(0))
    assert "GGATTA" in best or "TAATCC" in best
    abf1 = next(one for one in database.motifs_of("jaspar-fungi") if one.name == "ABF1")
    assert abf1.id == "MA0265.3"
    with pytest.raises(InputError, match="there is no database 'x'"):
        database.motifs_of("x")


def test_the_database_follows_the_models_species():
    from dataclasses import replace

    card: ModelCard = toy_card()
    species = {"mouse": "vertebrates", "budding yeast": "fungi", "Drosophila": "insects"}
    for word, group in (*species.items(), ("none", "vertebrates")):
        assert database.for_card(replace(card, species=word)) == f"jaspar-{group}"


def test_only_entries_of_jaspar_are_linked():
    assert database.link("MA0467.3") == "https://jaspar.elixir.no/matrix/MA0467.3/"
    for id in ("CRX_HUMAN.H11MO.0.B", "MA0467", "javascript:alert(1)", 'MA1.1"', ""):
        assert database.link(id) == ""
