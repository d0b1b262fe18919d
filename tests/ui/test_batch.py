"""The page Batch: from a file to its table, the link that finds it, and mistakes."""

import io
import threading
from types import SimpleNamespace

import pandas as pd
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gexp_core.batch import bounds, count_records, count_work
from gexp_core.batch import service as batches
from gexp_core.batch.parts import parts_of
from gexp_core.explain import AttributionSettings
from gexp_core.ui import batch, batch_shown, tables
from tests.toy_models import random_sequence
from tests.ui.conftest import ROOT, go, labels, plain, settle
from tests.ui.conftest import give as paste
from tests.ui.test_server import ask

FASTA = "".join(f">s{n}\n{random_sequence(60, n)}\n" for n in range(30)) + ">bad\nACGTZ\n"


@pytest.fixture
def page(app, tmp_path, monkeypatch):
    monkeypatch.setenv("GEXP_BATCHES", str(tmp_path / "batches"))
    batches.stop()
    yield go(app, "batch")
    batches.stop()


def give(at, data=FASTA, name="my_library.fa"):
    raw = data if isinstance(data, bytes) else data.encode()
    at.file_uploader(key="batch_upload").upload(name, raw)
    return at.run()


def written(at):
    return " ".join(one.value for one in at.markdown)


def heads(at):
    return [plain(head.value) for head in at.subheader]


def test_from_a_file_to_its_table_and_back_by_its_link(page):
    assert not page.exception and "start" not in [b.key for b in page.button]
    at = give(page)
    said = written(at)
    assert "31 records" in said and "120 evaluations" in said  # 30 x 2 strands x 2 networks
    at.button(key="start").click().run()
    token = at.session_state["batch"]
    assert len(token) > 20 and token not in FASTA
    at = settle(at, lambda at: "Records" in labels(at))
    assert labels(at)["Records"] == "31"
    assert labels(at)["Rows"] == "61" and labels(at)["Left out"] == "1"
    assert heads(at) == ["Batch of my_library.fa"]
    shown = at.dataframe[0].value
    assert len(shown) == 20 and list(shown["sequence"][:3]) == ["s0", "s0", "s1"]

    # another browser with the link sees the same; without it, nothing
    other = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    other.query_params["batch"] = token
    other = go(other.run(), "batch")
    assert labels(other)["Rows"] == "61"
    stranger = go(AppTest.from_file(ROOT / "app.py", default_timeout=30).run(), "batch")
    assert not labels(stranger)
    wrong = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    wrong.query_params["batch"] = token[:-1]
    assert "no batch under this link" in go(wrong.run(), "batch").info[0].value

    app = Starlette(routes=tables.routes())
    status, headers, body = ask(app, tables.address(token, "gexp_batch.parquet"))
    assert status == 200 and headers[b"cache-control"] == b"private, no-store"
    assert b"attachment" in headers[b"content-disposition"]
    assert len(pd.read_parquet(io.BytesIO(body))) == 61
    assert ask(app, tables.address(token[:-1], "gexp_batch.parquet"))[0] == 404
    assert ask(app, tables.address(token, "gexp_batch.parquet.json"))[0] == 404  # it says so itself

    at.button(key="remove").click().run()
    assert ask(app, tables.address(token, "x"))[0] == 404
    assert not at.exception and at.file_uploader(key="batch_upload")


def test_what_made_a_tsv_is_sent_too(monkeypatch, tmp_path):
    (tmp_path / "table.tsv").write_text("record\n1\n")
    monkeypatch.setattr(tables, "service", lambda: SimpleNamespace(result=found))

    def found(token):
        return tmp_path / "table.tsv" if token == "known" else None

    app = Starlette(routes=tables.routes())
    # made by an earlier version, which wrote none
    assert ask(app, tables.address("known", "gexp_batch.tsv.json"))[0] == 404
    (tmp_path / "table.tsv.json").write_text("{}")
    for name, sent in (("gexp_batch.tsv", b"record\n1\n"), ("gexp_batch.tsv.json", b"{}")):
        status, headers, body = ask(app, tables.address("known", name))
        assert (status, body) == (200, sent)
        assert f'filename="{name}"'.encode() in headers[b"content-disposition"]
        assert ask(app, tables.address("other", name))[0] == 404


def test_two_clicks_on_start_are_one_batch(monkeypatch):
    """The run of the second click stops that of the first, which is still starting the batch."""
    kept, begun, second = {}, [], threading.Thread(target=batch._start, args=(None,))

    class Stopped(BaseException):
        pass

    def keep(key, value):
        if begun and threading.current_thread() is not second:
            raise Stopped
        kept[key] = value

    def submit(*given, owner):
        begun.append(given)
        if len(begun) == 1:
            second.start()
            second.join(0.2)
        return f"token {len(begun)}"

    file = SimpleNamespace(file_id="1", name="in.fa", getvalue=lambda: b">a\nACGT\n")
    monkeypatch.setattr(batch.uploads, "waiting", lambda key: file)
    monkeypatch.setattr(batch.workspace, "setting", lambda key, default: kept.get(key, default))
    monkeypatch.setattr(batch.workspace, "keep", keep)
    monkeypatch.setattr(batch, "_settings", lambda card: SimpleNamespace(digest="same"))
    monkeypatch.setattr(batch, "service", lambda: SimpleNamespace(submit=submit))
    with pytest.raises(Stopped):
        batch._start(None)
    second.join(10)
    assert len(begun) == 1 and kept[batch_shown.TOKEN] == kept[batch_shown.MINE] == "token 1"
    begun.clear()
    batch_shown.leave()
    assert kept[batch_shown.STARTED] is None  # asked for once more, it is begun once more


def test_mistakes_get_their_sentence(page):
    at = give(page, b"\x89PNG123", "x.png")
    assert "PNG image" in plain(at.error[0].value)
    assert "start" not in [b.key for b in at.button]
    at = give(at, b"", "empty.fa")
    assert "holds no sequence" in plain(at.error[0].value)
    assert not at.exception


def test_a_file_is_counted_once_good_or_bad(page, monkeypatch):
    asked = []

    def count(data, *rest):
        asked.append(len(data))
        return count_records(data, *rest)

    monkeypatch.setattr("gexp_core.ui.counted.count_records", count)
    at = give(page, b"\x89PNG123", "x.png")
    for _ in range(3):
        at = at.run()
        assert "PNG image" in plain(at.error[0].value)
    assert asked == [7]
    at = give(at).run()
    assert asked == [7, len(FASTA)] and not at.error
    said = [written(at)]
    at.selectbox(key="batch_work").select("mutagenesis").run()
    said.append(written(at))
    at.session_state["both_strands"] = False  # as chosen on Predict: half the work
    at.run()
    said.append(written(at))
    assert len(asked) == 2 and not at.exception
    assert all("31 records, about 1,805 letters" in one for one in said)
    assert len(set(said)) == 3  # the work is that of the settings


def test_a_batch_asks_for_what_the_pages_ask_for(page, monkeypatch):
    asked = []

    def count(size, settings):
        asked.append(settings.run)
        return count_work(size, settings)

    monkeypatch.setattr("gexp_core.ui.counted.count_work", count)
    text, own = random_sequence(60, 3), random_sequence(60, 4)
    at = paste(go(page, "sequences"), f">one\n{text}\n")
    at = go(at, "why", lambda at: "Baseline" in labels(at))
    at.number_input(key="finer_n_baselines").set_value(2)
    at.toggle(key="off_simplex").set_value(True).run()
    at = settle(at, lambda at: "Baseline" in labels(at))
    at = give(go(at, "batch"))
    assert not at.error and asked[-1].attribution() == AttributionSettings(stride=30)
    at.selectbox(key="batch_work").select("attribute").run()
    wanted = AttributionSettings(n_baselines=2, off_simplex=True, stride=30)
    assert asked[-1].attribution() == wanted
    many = len(asked)
    at.run()
    assert len(asked) == many  # counted once for the same settings

    at = go(at, "why", lambda at: "Baseline" in labels(at))
    at.selectbox(key="baseline").select("own").run()
    at.text_area(key="own").set_value(own).run()
    at = settle(at, lambda at: "Baseline" in labels(at))
    for work, baseline in (("predict", "shuffle"), ("attribute", "own")):
        at = give(go(at, "batch"))
        at.selectbox(key="batch_work").select(work).run()
        assert not at.error and "start" in [b.key for b in at.button]
        assert asked[-1].attribution().baseline == baseline
    assert asked[-1].attribution().own == own


def test_what_an_older_version_left_goes_on_anew_and_the_page_says_so(page):
    at = give(page)
    at.button(key="start").click().run()
    token = at.session_state["batch"]
    at = settle(at, lambda at: "Records" in labels(at))
    kept = batches.service().shelf.find(token)
    folder = parts_of(batches.table(kept, "parquet"))
    folder.mkdir()
    (folder / "batch.json").write_text("{}")
    kept.write(state="running")  # as a killed server leaves it
    at.run()
    at.button(key="resume").click().run()
    at = settle(at, lambda at: "Records" in labels(at))
    assert labels(at)["Records"] == "31" and not at.error
    assert any("is computed anew" in plain(one.value) for one in at.caption)


def test_an_interrupted_batch_says_so_and_goes_on(page, tmp_path):
    at = give(page, name="<b>x</b> **y**.fa")
    at.button(key="start").click().run()
    token = at.session_state["batch"]
    at = settle(at, lambda at: "Records" in labels(at))
    kept = batches.service().shelf.find(token)
    kept.write(state="cancelled", error=bounds.over(24))
    at.run()
    assert "has run for 24 hours" in at.info[0].value and "resume" in [b.key for b in at.button]
    kept.write(state="running")  # as a killed server leaves it
    at.run()
    assert "Nothing that was done is lost" in at.warning[0].value
    text = at.subheader[0].value
    assert "**y" not in text and "<b>" not in text
    at.button(key="resume").click().run()
    at = settle(at, lambda at: "Records" in labels(at))
    assert labels(at)["Records"] == "31"
