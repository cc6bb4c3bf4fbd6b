"""What jobs ask a cluster for, shown by Snakemake's real scheduling over a stand-in for the cluster."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import project as copies
from darkroom.core import gpu
from darkroom.core.errors import UserError
from workflow import executors

pytestmark = pytest.mark.slow

ON_GPU = {"train", "transfer", "finetune", "evaluate"}
RULES = {"unzip", "census", "prepare"} | ON_GPU
"""The others are local."""
CLUSTER = """
import json, re, sys
from pathlib import Path

events = Path(sys.argv[0]).with_suffix(".jsonl")
known = [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []
what, subject = sys.argv[1:]
if what == "submit":
    script = Path(subject).read_text()
    job = json.loads(re.search("^# properties = (.*)$", script, re.MULTILINE)[1])
    attempt = 1 + sum(event.get("stage") == job["params"]["stage"] for event in known)
    name = job["params"]["stage"] + "." + str(attempt)
    if attempt == 2:
        for out in map(Path, job["output"] + [log.replace(".log", ".tsv") for log in job["log"]]):
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text("") if out.suffix else out.mkdir(exist_ok=True)
    said = {"began": name, "stage": job["params"]["stage"], "attempt": attempt, "script": script}
    said |= {field: job[field] for field in ("rule", "threads", "resources")}
    print(name)
elif sum(event.get("asked") == subject for event in known) == 2:
    said = {"ended": subject}
    print("success" if subject.endswith(".2") else "failed")
else:
    said = {"asked": subject}
    print("running")
with events.open("a") as file:
    print(json.dumps(said), file=file)
"""
"""Runs nothing: every job fails at its first attempt and leaves empty files at its second, after a few questions."""
PROFILE = """
executor: cluster-generic
cluster-generic-submit-cmd: {python} -S {cluster} submit
cluster-generic-status-cmd: {python} -S {cluster} status
jobs: 8
retries: 1
resources: [gpu=2]
config: [gpu=required]
rerun-triggers: mtime
scheduler: greedy
seconds-between-status-checks: 0
max-status-checks-per-second: 100
"""


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the cluster has seen of a study, in its order: jobs began, asked for, ended."""
    folder = tmp_path_factory.mktemp("cluster")
    checkout = copies.copied(folder / "checkout")
    models = ["cnn", "cnn-bn", "efficientnetlite0", "efficientnetlite0-finetuned"]
    copies.edit(checkout, {"studies.intel.models": models})
    cluster = folder / "cluster.py"
    cluster.write_text(CLUSTER)
    (folder / "profile.yaml").write_text(PROFILE.format(python=sys.executable, cluster=cluster))
    ends = ["results/census/intel/census.md", *(f"results/intel/evaluations/{name}/metrics.json" for name in models)]
    copies.run(checkout, "snakemake", "--workflow-profile", str(folder / "profile.yaml"), *ends)
    return [json.loads(line) for line in cluster.with_suffix(".jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def jobs(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was submitted."""
    return [event for event in events if "began" in event]


def most_on_gpus(events: list[dict[str, Any]]) -> int:
    """The most jobs that held a GPU at a time."""
    held, most = 0, 0
    for event in events:
        name = event.get("began") or event.get("ended", "")
        if name.partition("@")[0] in ON_GPU:
            held += 1 if "began" in event else -1
            most = max(most, held)
    return most


def test_what_computes_networks_asks_for_a_gpu_and_nothing_else_does(jobs: list[dict[str, Any]]) -> None:
    assert {job["rule"] for job in jobs} == RULES
    assert {job["rule"] for job in jobs if job["resources"].get("gpu") == 1} == ON_GPU
    assert {job["rule"] for job in jobs if "gpu" in job["resources"]} == ON_GPU


def test_a_further_attempt_asks_for_twice_the_memory_and_time(jobs: list[dict[str, Any]]) -> None:
    for job in jobs:
        first = next(one for one in jobs if one["stage"] == job["stage"])
        assert f"--attempt {job['attempt']} " in job["script"]
        for name in ("mem_mb", "runtime"):
            assert job["resources"][name] == first["resources"][name] * job["attempt"] > 0, job["stage"]
    assert {job["attempt"] for job in jobs} == {1, 2}


def test_as_many_jobs_run_on_gpus_at_a_time_as_there_are_gpus(events: list[dict[str, Any]]) -> None:
    assert most_on_gpus(events) == 2


def test_whether_a_gpu_is_required_reaches_the_nodes(jobs: list[dict[str, Any]]) -> None:
    assert all("--config 'gpu=required'" in job["script"] for job in jobs)


def test_what_could_use_any_number_of_threads_asks_a_cluster_for_a_few(jobs: list[dict[str, Any]]) -> None:
    threads = {job["rule"]: job["threads"] for job in jobs}
    assert {rule for rule, count in threads.items() if count == executors.THREADS} == {"census", "prepare"}
    assert {count for rule, count in threads.items() if rule not in {"census", "prepare"}} == {1}


@pytest.mark.parametrize(
    ("local", "remote", "cores", "expected"),
    [
        (True, False, 64, 64),
        (True, False, 1, 1),
        (False, False, None, executors.THREADS),
        (False, False, 64, executors.THREADS),
        (True, True, 64, executors.THREADS),  # the job itself, on a node
        (True, False, None, executors.THREADS),  # a cluster's profile, but only a report is asked for
    ],
)
def test_threads_are_all_cores_here_and_the_same_number_at_both_ends_of_a_cluster(
    local: bool, remote: bool, cores: int | None, expected: int
) -> None:
    settings = SimpleNamespace(cores=cores)
    workflow = SimpleNamespace(local_exec=local, remote_exec=remote, resource_settings=settings)
    assert executors.all_cores(workflow)({}) == expected


def test_amounts_double_at_each_attempt() -> None:
    assert [executors.growing(1000)({}, attempt) for attempt in (1, 2, 3, 4)] == [1000, 2000, 4000, 8000]


def test_a_gpu_is_preferred_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gpu.VARIABLE, "")
    for given, wish in (({}, "preferred"), *(({"gpu": wish}, wish) for wish in ("required", "preferred", "none"))):
        executors.settle(given)
        assert given == {"gpu": wish}
        assert os.environ[gpu.VARIABLE] == wish


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"gpu": "maybe"}, "config: gpu: 'maybe': allowed: required, preferred, none"),
        ({"gpu": None}, "config: gpu: None: allowed: required, preferred, none"),
        ({"gpu": {"a": "1"}}, "config: gpu: {'a': '1'}: allowed: required, preferred, none"),
        ({"gpus": "none"}, "config: gpus: no such entry; allowed: gpu, container"),
    ],
)
def test_mistakes_in_config_are_named(config: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as raised:
        executors.settle(config)
    assert str(raised.value) == message


def test_a_mistake_in_config_stops_snakemake_with_one_line(tmp_path: Path) -> None:
    checkout = copies.copied(tmp_path / "checkout")
    done = copies.run(checkout, "snakemake", "-n", "--config", "gpu=maybe", check=False)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow specific profile")]
    assert lines == ["error: config: gpu: 'maybe': allowed: required, preferred, none"]
