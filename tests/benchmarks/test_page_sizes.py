"""The benchmark of a page's size: what it counts, and that it leaves the study as it is."""

from pathlib import Path

import pandas
import pytest

from benchmarks import page_sizes
from darkroom.core.errors import UserError
from darkroom.pipeline.template import Stage
from stages import page as stage
from tests.conftest import with_parameters
from tests.pages.test_study import OPTIONS, PAGE
from tests.support.written_results import EDITS, write_results


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a study that was written by hand."""
    folder = with_parameters(tmp_path_factory.mktemp("sizes") / "project", EDITS)
    write_results(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        stage.main([*OPTIONS, "--out", str(PAGE)])
    return folder / PAGE


def test_each_picture_is_counted_once(page: Path) -> None:
    shown = page_sizes.list_pictures(page)
    assert len(shown) == len(set(shown))
    images = [file for file in shown if file.parent.name == page_sizes.GALLERIES]
    assert images == sorted(page.parent.resolve().glob("evaluations/*/galleries/*.webp"))
    row = page_sizes.measure("images", images)
    assert row == {"what": "images", "files": 3 * 4, "kB": round(sum(file.stat().st_size for file in images) / 1000)}


@pytest.mark.parametrize("times", [True, False])
def test_times_have_a_column_only_where_they_were_measured(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: bool
) -> None:
    monkeypatch.setattr(page_sizes, "list_sizes", lambda *given: iter([page_sizes.measure("index.html", [page])]))
    monkeypatch.setattr(page_sizes, "time_page", lambda *given: 0.456)
    checkout, out = page.parents[2], tmp_path / "sizes.csv"
    page_sizes.main(["--checkout", str(checkout), "--out", str(out), *([] if times else ["--without-times"])])
    table = pandas.read_csv(out)
    assert list(table) == ["what", "files", "kB", *(["seconds"] if times else [])]
    assert table["kB"][0] == round(page.stat().st_size / 1000) and (not times or table["seconds"][0] == 0.46)


def test_the_fastest_of_three_is_taken_by_the_stages_own_command(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, took, given = page.parents[2], iter([3.0, 1.0, 2.0]), []
    command = "python -m stages.page intel --out results/intel/index.html --record results/records/page/record.json"
    stages = {"page@intel": Stage("page", "intel", command, (), {}, ())}
    monkeypatch.setattr(page_sizes, "read_stages", lambda root: stages)
    monkeypatch.setattr(page_sizes, "timed", lambda folder, *arguments: given.append(arguments) or next(took))
    assert page_sizes.time_page(checkout, "intel") == 1.0
    assert given == [("stages.page", "intel", "--out", "results/intel/index.html")] * 3
    before = page.read_bytes()
    monkeypatch.setattr(page_sizes, "timed", lambda *arguments: page.write_text("other") and 1.0)
    with pytest.raises(UserError, match=r"index\.html: not what its stage writes; run make TARGET=intel there"):
        page_sizes.time_page(checkout, "intel")
    assert page.read_bytes() == before


def test_a_study_that_is_not_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"results/intel/index\.html: no such file; run make TARGET=intel there"):
        page_sizes.main(["--checkout", str(tmp_path), "--without-times"])
