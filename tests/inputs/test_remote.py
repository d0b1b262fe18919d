"""Fetching from a played service: right letters, nothing but blocks sent, and every way to fail."""

import pickle
import time

import pytest

from gexp_core.errors import CancelledError, GexpError, InputError, LimitError
from gexp_core.inputs import remote
from gexp_core.inputs.builds import LENGTHS
from gexp_core.inputs.remote import FetchedGenome, fetch, offered
from gexp_core.inputs.remote_client import LONGEST_WAIT, TRIES, RemoteError, https
from gexp_core.inputs.remote_services import SERVICES, question
from gexp_core.inputs.typed import parse_variant
from gexp_core.types import Interval
from tests.inputs.remote_server import FIRST, LETTERS, played

HERE = Interval("chr21", 12_000, 12_100)


@pytest.fixture
def server():
    with played() as one:
        yield one


@pytest.fixture(params=["ucsc", "ensembl"])
def genome(request):
    return FetchedGenome(request.param, "GRCh38")


def test_letters_are_those_of_the_service_across_blocks_and_case_is_kept(server, genome):
    wanted = [HERE, Interval("21", 19_900, 20_100, "-"), Interval("NC_000021.9", 29_000, 29_010)]
    made = fetch(genome, wanted, client=server.client())
    assert made.fetch("21", 12_000, 12_100) == LETTERS[2_000:2_100]
    piece = made.read("chr21", 19_900, 20_100)
    assert piece.sequence == LETTERS[9_900:10_100].upper() and piece.soft_masked == 100
    assert made.build().name == "GRCh38"
    again = pickle.loads(pickle.dumps(made))
    assert again.fetch("chr21", 29_000, 29_010) == LETTERS[19_000:19_010].upper()
    assert made.missing(wanted) == () and made.nbytes == 20_000


def test_only_the_two_hosts_are_asked_and_only_for_whole_blocks(server, genome):
    fetch(genome, [HERE, Interval("chr21", 29_999, 30_000)], client=server.client())
    ((host, path, headers),) = server.asked  # neighbouring blocks are one question
    assert host == SERVICES[genome.service].host
    assert host in ("api.genome.ucsc.edu", "rest.ensembl.org")
    start, end = (FIRST, 30_000) if genome.service == "ucsc" else (FIRST + 1, 30_000)
    assert str(start) in path and str(end) in path and "12000" not in path
    assert set(headers) == {"Host", "Accept", "User-Agent", "Accept-Encoding"}


def test_the_paths_are_those_of_the_services():
    assert question("ucsc", "GRCh37", "X", 0, 10) == (
        "api.genome.ucsc.edu",
        "/getData/sequence?genome=hg19;chrom=chrX;start=0;end=10",
    )
    assert question("ensembl", "sacCer3", "IV", 0, 10) == (
        "rest.ensembl.org",
        "/sequence/region/saccharomyces_cerevisiae/IV:1..10:1"
        "?coord_system_version=R64-1-1;mask=soft;content-type=application/json",
    )


@pytest.mark.parametrize(
    "given",
    [
        ("evil.example", "GRCh38", "1", 0, 10),
        ("ucsc", "GRCh38/../x", "1", 0, 10),
        ("ensembl", "GRCh37", "1", 0, 10),
        ("ucsc", "GRCh38", "1;x=y", 0, 10),
        ("ucsc", "GRCh38", "1", -5, 10),
        ("ucsc", "GRCh38", "1", 10, 10),
        ("ucsc", "GRCh38", "1", 0, LENGTHS["GRCh38"]["1"] + 1),
    ],
)
def test_nothing_but_known_parts_makes_a_path(given):
    with pytest.raises(InputError):
        question(*given)


def test_blocks_are_kept_on_disk_and_checked(server, genome, tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_CACHE", str(tmp_path))
    fetch(genome, [HERE], client=server.client())
    made = fetch(genome, [HERE], client=server.client())
    assert len(server.asked) == 1 and made.fetch("21", 12_000, 12_010) == LETTERS[2_000:2_010]
    for path in (tmp_path / "sequence").iterdir():
        path.write_bytes(b"<" * path.stat().st_size)
    fetch(genome, [HERE], client=server.client())
    assert len(server.asked) == 2


@pytest.mark.parametrize("mode", ["429 3", "500", "503", "drop", "slow"])
def test_a_failing_service_is_asked_again_and_then_gives(server, genome, mode):
    server.modes = [mode, mode]
    made = fetch(genome, [HERE], client=server.client())
    assert made.fetch("21", 12_000, 12_100) == LETTERS[2_000:2_100]
    assert len(server.asked) == 3
    assert server.waited == ([3.0, 3.0] if mode == "429 3" else [0.5, 1.0])


@pytest.mark.parametrize(
    ("modes", "said", "asked"),
    [
        (["404"], "does not have this region", 1),
        (["400"], "does not have this region", 1),
        (["429 9999"] * 9, "is busy", TRIES),
        (["429 soon"] * 9, "is busy", TRIES),
        (["500"] * 9, "a problem of its own", TRIES),
        (["slow"] * 9, "did not answer in time", TRIES),
        (["drop"] * 9, "cannot be reached", TRIES),
        (["redirect"], "redirect", 1),
        (["large"], "is not read", 1),
        (["html"], "did not answer in JSON", 1),
        (["deep"], "did not answer in JSON", 1),
        (["list"], "without a sequence", 1),
        (["letters"], "is no nucleotide", 1),
        (["short"], "another place", 1),
        (["place"], "another place", 1),
    ],
)
def test_every_failure_is_one_sentence_with_a_remedy(server, genome, modes, said, asked):
    server.modes = list(modes)
    with pytest.raises(GexpError, match=said) as error:
        fetch(genome, [HERE], client=server.client(step=0.2))
    text = str(error.value)
    assert text.startswith(SERVICES[genome.service].title) and "file" in text
    assert len(server.asked) == asked
    assert all(wait <= LONGEST_WAIT for wait in server.waited)


def test_an_answer_that_never_ends_is_given_up_at_the_deadline(server, genome, monkeypatch):
    monkeypatch.setattr(remote, "SECONDS", 0.6)
    server.modes = ["drip"] * 9
    began = time.monotonic()
    with pytest.raises(RemoteError, match="in time"):
        fetch(genome, [HERE], client=server.client(step=5))
    assert time.monotonic() - began < 5  # each byte alone would be within its step


def test_how_much_is_fetched_is_bounded(server, genome, monkeypatch):
    long = LENGTHS["GRCh38"]["1"]
    with pytest.raises(LimitError, match="5,000,000"):
        fetch(genome, [Interval("chr1", 0, long)], client=server.client())
    apart = [Interval("chr1", at, at + 10) for at in range(0, 60 * 40_000, 40_000)]
    with pytest.raises(LimitError, match="60 places"):
        fetch(genome, apart, client=server.client())
    assert server.asked == []


def test_the_keeper_switches_the_services_off(server, genome, monkeypatch):
    assert offered()
    monkeypatch.setenv("GEXP_REMOTE", "off")
    assert not offered()
    with pytest.raises(RemoteError, match="switched off"):
        fetch(genome, [HERE], client=server.client())
    assert server.asked == []


def test_what_was_not_fetched_is_not_read(genome):
    with pytest.raises(InputError, match="was not fetched"):
        genome.fetch("21", 12_000, 12_100)
    assert genome.missing([HERE, HERE]) == (("21", 1),)
    assert genome.missing([Interval("chr77", 0, 5), Interval("chr21", 0, 10**9)]) == ()


@pytest.mark.parametrize(
    ("what", "from_", "read"),
    [
        ("12005_12006del", 12_004, lambda t: (12_004, t[3:6], t[3])),
        ("12005dup", 12_005, lambda t: (12_005, t[4], t[4] * 2)),
        ("12005_12006insACG", 12_005, lambda t: (12_005, t[4], t[4] + "ACG")),
    ],
)
def test_hgvs_that_leaves_letters_to_what_was_not_fetched_says_what_to_do(
    server, genome, what, from_, read
):
    text = f"NC_000021.9:g.{what}"
    with pytest.raises(InputError, match="leaves letters to the genome") as said:
        parse_variant(text, genome)
    words = str(said.value)
    assert f"chr21:{from_:,}-" in words and "were not fetched yet" in words
    assert "with its letters, as VCF does" in words and "on the page Regions first" in words
    assert server.asked == []  # nothing is sent for it
    made = parse_variant(text, fetch(genome, [HERE], client=server.client()))
    letters = LETTERS[2_000:2_100].upper()
    assert (made.pos, made.ref, made.alt) == read(letters)


def test_work_can_be_stopped_between_questions(server, genome):
    def stop(done, total):
        if done:
            raise CancelledError("stopped")

    apart = [HERE, Interval("chr21", 40_000, 40_010)]
    with pytest.raises(CancelledError):
        fetch(genome, apart, client=server.client(), progress=stop)
    assert len(server.asked) == 1


def test_certificates_are_checked():
    context = https("rest.ensembl.org", 1)._context
    assert context.check_hostname and context.verify_mode.name == "CERT_REQUIRED"
