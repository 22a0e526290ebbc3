"""The page in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from constructs_lib.report.page import page
from constructs_lib.report.record import Log
from tests.browser import chromium, dump_dom, screenshot
from tests.unit.report.runs import large_run, make_run, make_step

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium")


def written(folder: Path, text: str) -> Path:
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def with_probe(text: str, script: str) -> str:
    """Return a page in which a program of ours may act; its answer is the title."""
    text = re.sub(r'<meta http-equiv="[^>]*>', "", text)
    return text.replace("</body>", f"<script>document.title = String({script})</script></body>")


def title_of(folder: Path, text: str) -> str:
    found = re.search(r"<title>([^<]*)</title>", dump_dom(written(folder, text)))
    assert found is not None
    return found[1]


def test_its_script_runs_and_no_other(tmp_path: Path) -> None:
    """The controls appear; a script that is put into the page by any way does not run."""
    text = page(make_run(make_step("a", log=Log("<script>document.title='x'</script>"))), {})
    forced = text.replace("</main>", "<script>document.title='x'</script></main>")
    dom = dump_dom(written(tmp_path, forced))
    assert "<title>shop abcdefghijkl: Succeeded</title>" in dom
    assert re.search(r'<div class="controls" id="filter">', dom)


def test_filters_and_sorts(tmp_path: Path) -> None:
    """Typing and choosing hide rows, a click on a head sorts by value, again the other way."""
    text = page(large_run(34), {})
    script = """(() => {
      const [search, state] = document.querySelectorAll("#filter > *");
      const rows = () => [...document.querySelectorAll("#steps tbody tr")];
      const shown = () => rows().filter((row) => !row.hidden).length;
      const found = [shown()];
      state.value = "Failed"; state.dispatchEvent(new Event("change")); found.push(shown());
      search.value = "013-OF"; search.dispatchEvent(new Event("input")); found.push(shown());
      const heads = [...document.querySelectorAll("#steps th button")];
      const took = heads.find((head) => head.textContent === "duration");
      const values = () => rows().map((row) => Number(row.cells[4].dataset.value));
      const sorted = (all) => all.every((one, i) => !i || all[i - 1] <= one);
      found.push(sorted(values()));
      took.click(); found.push(sorted(values()));
      took.click(); found.push(sorted(values().reverse()));
      return found.join();
    })()"""
    assert title_of(tmp_path, with_probe(text, script)) == "34,2,1,false,true,true"


def test_links_open_details(tmp_path: Path) -> None:
    """A link to a step opens what is told of it."""
    text = page(large_run(3), {})
    script = """(() => {
      const step = document.querySelectorAll("details.step")[2];
      const before = step.open;
      location.hash = step.id; dispatchEvent(new Event("hashchange"));
      const revealed = step.open;
      document.querySelector("[data-open='0']").click(); const closed = !step.open;
      document.querySelector("[data-open='1']").click();
      return [before, revealed, closed, step.open].join();
    })()"""
    assert title_of(tmp_path, with_probe(text, script)) == "false,true,true,true"


@pytest.mark.parametrize("width", [400, 1280])
def test_is_no_wider_than_the_window(tmp_path: Path, width: int) -> None:
    """Wide tables and long names scroll or break inside of the page."""
    step = make_step("a", 0, 9, job="j" * 200, reason="r" * 500, status="Failed")
    run = make_run(step, pipeline="p" * 90, parameters={"P": "v" * 500})
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    path = written(tmp_path, with_probe(page(run, {}), script))
    assert "<title>0</title>" in dump_dom(path, width=width)


def test_500_steps_are_shown_at_once(tmp_path: Path) -> None:
    """The largest page is there in seconds, the start of the browser included."""
    path = written(tmp_path, page(large_run(500), {}))
    begin = time.monotonic()
    assert dump_dom(path).count("<details") >= 500
    assert time.monotonic() - begin < 10


def test_light_and_dark(tmp_path: Path) -> None:
    """The page follows the system's colours."""
    path = written(tmp_path, page(large_run(8), {}))
    images = []
    for dark in (False, True):
        image = tmp_path / f"{dark}.png"
        screenshot(path, image, dark=dark)
        images.append(image.read_bytes())
    assert images[0] != images[1]
    assert all(len(image) > 10_000 for image in images)
