"""A run shows a line for each job that has ended, once, and its end fits on a screen."""

import io
import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.logging import LogEvent

from workflow import endings, failures, logs, terminal
from workflow.terminal import Terminal

TRAINED = """\
Running stage 'train@cnn':
> python -m stages.train cnn
[train cnn] epoch 1 of at most 20: loss 4.2, accuracy 0.229, val_loss 1.7, val_accuracy 0.194 (4 s)
[train cnn] no backup: it needs 20.0 MB, and the disk of .scratch has less free
[train cnn] epoch 2 of at most 20: loss 3.1, accuracy 0.329, val_loss 1.6, val_accuracy 0.294 (8 s)
"""
BOILERPLATE = ("Building DAG of jobs...", "Select jobs to execute...", "Execute 2 jobs...", "Elapsed time: 0:00:07")


class Screen(io.StringIO):
    """A terminal, on which a line may be written over."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(terminal.QUIETLY, "")
    (tmp_path / "cnn.log").write_text(TRAINED)
    one = Terminal(["intel"], failures.KNOWN, lambda: "Nothing to be done.\nResults: here")
    one.stream = io.StringIO()
    return one


def tell(shown: Terminal, text: str = "", level: int = logging.INFO, **told: Any) -> None:
    """Let Snakemake say something."""
    record = logging.LogRecord("snakemake", level, "", 0, text, (), None)
    vars(record).update(told)
    shown.handle(record)


def begin(shown: Terminal, number: int, log: str) -> None:
    name = Path(log).stem
    tell(shown, event=LogEvent.JOB_INFO, jobid=number, rule_name="train", rule_msg=f"Training {name}.", log=[log])


def run_two_jobs(shown: Terminal) -> str:
    """What a run shows of which one job fails."""
    tell(shown, event=LogEvent.RUN_INFO, stats={"train": 2, "intel": 1, "total": 3})
    for line in BOILERPLATE:
        tell(shown, line)
    begin(shown, 1, "cnn.log")
    begin(shown, 2, "gone.log")
    tell(shown, event=LogEvent.JOB_FINISHED, job_id=1)
    tell(shown, event=LogEvent.PROGRESS, done=1, total=3)
    tell(shown, event=LogEvent.JOB_ERROR, level=logging.ERROR, jobid=2)
    tell(shown, "At least one job did not complete successfully.", logging.ERROR)
    shown.close()
    assert isinstance(shown.stream, io.StringIO)
    return shown.stream.getvalue()


def test_each_job_that_ended_has_one_line_and_what_is_unusual_stands_below_it(shown: Terminal) -> None:
    assert run_two_jobs(shown).splitlines() == [
        "2 jobs to do",
        "[1/2] Training cnn: 2 epochs, val_accuracy 0.294 (0 s)",
        "      [train cnn] no backup: it needs 20.0 MB, and the disk of .scratch has less free",
        "[1/2] Training gone: failed, see gone.log (0 s)",
    ]


def test_a_terminal_shows_what_runs_in_a_line_that_is_written_over(
    shown: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "BEAT", 0.01)
    shown.stream = screen = Screen()
    tell(shown, event=LogEvent.RUN_INFO, stats={"train": 2, "total": 2})
    begin(shown, 1, "cnn.log")
    while "now" not in screen.getvalue():
        time.sleep(0.01)
    shown.close()
    last = screen.getvalue().rsplit(terminal.CLEAR, 2)[1]
    assert last.startswith(f"{'.' * terminal.BAR} 0 of 2 done; now [train cnn] epoch 2 of at most 20: ")
    assert "\n" not in last
    assert len(last) < 80


def test_without_a_terminal_what_runs_is_told_after_a_time(shown: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "BEAT", 0.01)
    monkeypatch.setattr(terminal, "SILENCE", 0.05)
    assert isinstance(shown.stream, io.StringIO)
    tell(shown, event=LogEvent.RUN_INFO, stats={"train": 1})
    begin(shown, 1, "gone.log")
    while len(shown.stream.getvalue().splitlines()) < 2:
        time.sleep(0.01)
    shown.close()
    assert shown.stream.getvalue().splitlines()[1] == f"{'.' * terminal.BAR} 0 of 1 done; now Training gone"


def test_errors_that_the_end_tells_are_not_told_before_and_all_others_are(shown: Terminal) -> None:
    tell(shown, "MissingRuleException:\nNo rule to produce intell (if you use input functions", logging.ERROR)
    tell(shown, "Nothing to be done (all requested files are present and up to date).")
    tell(shown, "WorkflowError:\nTarget rules may not contain wildcards", logging.ERROR)
    assert isinstance(shown.stream, io.StringIO)
    assert shown.stream.getvalue().splitlines() == [
        *("Nothing to be done.", "Results: here"),
        *("WorkflowError:", "Target rules may not contain wildcards"),
    ]


def test_the_outcome_of_a_log_is_told_in_a_few_words(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for last, said in (
        ("[evaluate cnn] 45.3% correct", "45.3% correct"),
        ("[train cnn] epoch 1 of at most 2: loss 1.0, accuracy 0.500 (3 s)", "1 epoch, accuracy 0.500"),
        ("[unzip intel] 330 of 330 images", None),
        ("Running stage 'fetch@intel':", None),
    ):
        log.write_text(f"{last}\n")
        assert logs.outcome(str(log)) == said
        assert logs.notes(str(log)) == []
    log.write_text(
        "restored data/raw/intel, as fetch@intel wrote it\n[unzip intel] 2 left out, no image: a.txt, b.txt\n"
    )
    assert logs.notes(str(log)) == log.read_text().splitlines()


Studies = Callable[..., Any]


@pytest.fixture
def studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studies:
    """Make studies with so many models each, and return the pipeline that they are of."""
    monkeypatch.chdir(tmp_path)

    def make(**models: int) -> Any:
        outs = {}
        for study, count in models.items():
            folder = Path("results", study)
            (folder / "comparison").mkdir(parents=True)
            rows = [f"m{number},{number / 100},{number / 200},0.5" for number in range(1, count + 1)]
            (folder / "comparison/models.csv").write_text("\n".join(["model,accuracy,low,high", *rows]))
            for page in (pages := [folder / "comparison/comparison.md", folder / "worksheet.md"]):
                page.write_text("")
            outs[study] = [*map(str, pages), str(folder / "gone.md"), str(folder / "comparison/models.csv")]
        return SimpleNamespace(parameters=SimpleNamespace(studies=outs), results=outs.__getitem__)

    return make


def test_the_end_of_a_run_fits_on_a_screen_and_says_where_to_look(studies: Studies) -> None:
    lines = endings.describe_made(studies(intel=40), {"intel"}, jobs=3, seconds=372)
    assert lines[:4] == [
        *("", "Made intel: 3 jobs in 6 min 12 s.", "Test accuracy, the best first:", "  m40  40.0% (20.0% to 50.0%)")
    ]
    assert "  and 30 more models" in lines
    where = lines.index("Look at:")
    assert lines[where + 1].startswith("  results/intel/worksheet.md ")
    assert lines[where + 1].endswith(" the questions of its document, answered")
    assert not any("gone.md" in line for line in lines)
    assert len(lines) <= 24


def test_the_end_of_a_run_of_many_studies_has_a_line_for_each(studies: Studies) -> None:
    pipeline = studies(**{f"s{number}": 2 for number in range(20)})
    lines = endings.describe_made(pipeline, set(), jobs=40, seconds=60)
    assert "  s0: best m2, 2.0% (1.0% to 50.0%); results/s0/worksheet.md" in lines
    assert "  and 10 more studies" in lines
    assert len(lines) <= 24


def test_a_run_with_nothing_to_do_says_so_and_where_results_are_in_two_lines(studies: Studies) -> None:
    """Before them Snakemake names the profile."""
    assert endings.describe_nothing(studies(intel=2, waste=2), {"waste"}).splitlines() == [
        "Nothing to be done: waste is up to date.",
        "Results: results/waste/worksheet.md; make report puts all figures on one page",
    ]
    nothing = endings.describe_nothing(SimpleNamespace(parameters=SimpleNamespace(studies={})), {"data/raw"})  # type: ignore[arg-type]
    assert nothing == "Nothing to be done: data/raw is up to date."


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("intell", "intell: no such study; did you mean 'intel'? There is intel, cifar10, and all"),
        ("xyz", "xyz: no such study; there is intel, cifar10, and all"),
    ],
)
def test_a_study_that_there_is_not_is_told_with_those_that_there_are(word: str, said: str) -> None:
    assert str(endings.refuse_unknown(word, ["intel", "cifar10"])) == said
