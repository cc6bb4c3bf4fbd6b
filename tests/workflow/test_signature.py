"""Results signed with a key: what fits dvc.lock and every cache, and was forged, is found all the same."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from darkroom.core.errors import UserError
from tests.support.forgery import forge_result
from tests.support.stub_study import METRICS, NETWORK
from workflow.audit import __main__ as audits
from workflow.audit import signature

pytestmark = pytest.mark.slow
pytest.importorskip("model_signing", reason="requirements/signing.txt is not installed")


@pytest.fixture
def signed(stub: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished study, signed, with its keys beside it."""
    monkeypatch.chdir(stub)
    signature.main(["new-key", "../key"])
    signature.main(["sign", "results/intel", "--key", "../key"])
    return stub


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    try:
        signature.main(["verify", "exports/intel.sig", "--key", "../key.pub", *arguments])
    except SystemExit as ended:
        assert isinstance(ended.code, str)
        return 1, [*capsys.readouterr().out.splitlines(), ended.code]
    return 0, capsys.readouterr().out.splitlines()


def read_statement(folder: Path) -> dict[str, object]:
    envelope = json.loads((folder / "exports/intel.sig").read_text())["dsseEnvelope"]
    return dict(json.loads(base64.b64decode(envelope["payload"])))


def test_what_nobody_touched_is_genuine(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (line,) = verify(capsys)
    assert code == 0
    assert line.startswith("genuine: ")
    assert (signed.parent / "key").stat().st_mode & 0o077 == 0


def test_the_statement_covers_everything_upstream(signed: Path) -> None:
    statement = read_statement(signed)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    resources = {one["name"]: one["algorithm"] for one in statement["predicate"]["resources"]}  # type: ignore[index]
    assert set(resources.values()) == {"sha256"}
    assert {METRICS, NETWORK, "exports/intel.json"} <= resources.keys()
    for folder in ("data/raw/intel/", "data/images/intel/", "data/views/intel-150", "stages/train.py"):
        assert [name for name in resources if name.startswith(folder)], folder
    page = json.loads((signed / "exports/intel.json").read_text())
    assert any(step["params"] for step in page["steps"])


def test_a_forgery_that_fits_lock_and_caches_is_found(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forge_result(signed)
    shutil.rmtree(signed / ".dvc/cache/runs")
    audits.main(["results/intel/evaluations", "--verify"])  # holds: nothing here knows better
    assert verify(capsys) == (1, [f"mismatch: {METRICS}: changed since it was signed", *count(1, capsys, signed)])


def count(differ: int, capsys: pytest.CaptureFixture[str], folder: Path) -> list[str]:
    total = len(read_statement(folder)["predicate"]["resources"])  # type: ignore[index, call-overload, arg-type]
    return [f"{differ} file{'s' * (differ > 1)} of {total:,} signed differ"]


def test_what_is_lost_or_new_among_the_results_is_named(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (signed / METRICS).unlink()
    (signed / "results/intel/comparison/better.csv").write_text("1")
    code, lines = verify(capsys)
    assert code == 1
    assert lines[:2] == [
        f"mismatch: {METRICS}: signed, but not here",
        "mismatch: results/intel/comparison/better.csv: here, but not signed",
    ]


def test_a_link_in_the_place_of_a_result_is_named(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.move(signed / METRICS, signed.parent / "metrics.json")
    (signed / METRICS).symlink_to(signed.parent / "metrics.json")
    assert verify(capsys)[1][0] == f"mismatch: {METRICS}: signed, but not here"


def test_another_key_or_an_edited_signature_is_refused(signed: Path) -> None:
    signature.main(["new-key", "../other"])
    with pytest.raises(UserError, match=r"exports/intel.sig: not signed with the key of \.\./other\.pub, or changed"):
        signature.main(["verify", "exports/intel.sig", "--key", "../other.pub"])
    file = signed / "exports/intel.sig"
    bundle = json.loads(file.read_text())
    statement = read_statement(signed)
    statement["predicate"]["resources"][0]["digest"] = "0" * 64  # type: ignore[index]
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    file.write_text(json.dumps(bundle))
    with pytest.raises(UserError, match="not signed with the key of"):
        signature.main(["verify", "exports/intel.sig", "--key", "../key.pub"])


def test_the_librarys_own_command_finds_it_genuine(signed: Path) -> None:
    command = [sys.executable, "-m", "model_signing", "verify", "key", ".", "--signature", "exports/intel.sig"]
    done = subprocess.run(
        [*command, "--public_key", "../key.pub", "--ignore_unsigned_files"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_to_verify_needs_neither_dvc_nor_git(signed: Path, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'dvc', 'snakemake', 'networkx', 'tensorflow', 'keras'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from workflow.audit import signature\n"
        "signature.main(['verify', 'exports/intel.sig', '--key', '../key.pub'])\n"
    )
    shutil.rmtree(signed / ".git")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("genuine: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["new-key", "../key"], "../key: is there already; name another file"),
        (["sign", "results/intel", "--key", "../key.pub"], "../key.pub: not a private key in PEM"),
        (["sign", "results/none", "--key", "../key"], "results/none: no stage of dvc.yaml writes it"),
        (["verify", "exports/intel.sig", "--key", "../none"], "../none: not a public key in PEM"),
        (["verify", "exports/none.sig", "--key", "../key.pub"], "exports/none.sig: cannot be read"),
    ],
)
def test_a_mistake_gives_one_line(signed: Path, arguments: list[str], expected: str) -> None:
    with pytest.raises(UserError) as caught:
        signature.main(arguments)
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


def test_what_is_not_here_cannot_be_signed(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stub)
    signature.main(["new-key", "../key"])
    shutil.rmtree("data/raw/intel")
    with pytest.raises(UserError, match="data/raw/intel: not here, and is to be signed; run make pull, or snakemake"):
        signature.main(["sign", "results/intel", "--key", "../key"])
