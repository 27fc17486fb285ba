"""Charts on paper: each segment of a bar keeps its figure, inside it or below, and none is cut by the margin."""

from __future__ import annotations

import pytest

from tests.journeys import acts
from tests.support.browser import Visitor

pytestmark = pytest.mark.engines("sqlite")

#: What is left of A4 between our margins, upright and lying, in CSS pixels.
WIDTHS = (673, 1002)

#: For each bar, how many segments it has, and the figures that can be read: inside a segment that holds it, or below.
FIGURES = """() => [...document.querySelectorAll(".bar-row")].map((row) => {
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).display !== "none";
  const holds = (text) => {
    const box = text.getBoundingClientRect(), shape = text.parentElement.querySelector(".inside");
    const slice = text.parentElement.querySelector(".slice").getBoundingClientRect();
    const left = shape ? shape.getBoundingClientRect().right : slice.left;
    return box.left >= left && box.right <= slice.right;
  };
  const inside = [...row.querySelectorAll(".slice ~ text")].filter(seen);
  const below = [...row.querySelectorAll(".bar-amounts > span")].filter(seen);
  return {
    segments: row.querySelectorAll(".slice").length,
    figures: [...inside.map((one) => one.textContent), ...below.map((one) => one.textContent.trim())],
    burst: inside.filter((one) => !holds(one)).map((one) => one.textContent),
    cut: [...row.querySelectorAll("text, span")].filter((one) => seen(one)
      && one.getBoundingClientRect().right > document.documentElement.clientWidth).map((one) => one.textContent),
  };
})"""


@pytest.mark.parametrize("width", WIDTHS)
def test_every_segment_keeps_its_figure_on_paper(visitor: Visitor, width: int) -> None:
    page = visitor.sign_in(acts.FUNDER)
    page.emulate_media(media="print")
    met = 0
    for stage in ("", "?etape=inscrit", "?etape=vote", "?etape=verse"):
        page.goto(f"/financement{stage}")
        page.set_viewport_size({"width": width, "height": 900})
        for bar in page.evaluate(FIGURES):
            assert len(bar["figures"]) == bar["segments"], (stage, bar)
            assert (bar["burst"], bar["cut"]) == ([], []), stage
            met += bar["segments"]
    assert met > 12
