"""Results signed with a key: what fits dvc.lock and every cache, and was forged, is found all the same."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.tampering import append
from darkroom.core.errors import UserError
from darkroom.core.files import sha256, write_json
from tests.support.forgery import forge_result
from tests.support.stub_study import METRICS, NETWORK
from workflow import digest_records
from workflow.audit import __main__ as audits
from workflow.audit import signature, signers
from workflow.listings import NOTES

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


def test_the_forms_for_reviewers_are_materials_of_the_statement(signed: Path) -> None:
    resources = {one["name"]: one["digest"] for one in read_statement(signed)["predicate"]["resources"]}  # type: ignore[index]
    materials = json.loads((signed / "exports/intel.json").read_text())["materials"]
    assert [one["name"] for one in materials] == ["exports/intel-codecheck.yml", "exports/sbom.cdx.json"]
    for one in materials:
        assert resources[one["name"]] == one["digest"]["sha256"] == sha256(signed / one["name"])
    listed = yaml.safe_load((signed / "exports/intel-codecheck.yml").read_text())["manifest"]
    assert METRICS in {one["file"] for one in listed}
    bill = json.loads((signed / "exports/sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_materials_are_compared_when_they_are_here(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (signed / "exports/sbom.cdx.json").unlink()
    assert verify(capsys)[0] == 0
    code, (away, line) = verify(capsys)
    assert (code, away) == (0, "exports/sbom.cdx.json is not here, so it is not compared.")
    assert line.startswith("genuine: ")
    append(signed / "exports/intel-codecheck.yml", "report: elsewhere\n")
    said = "mismatch: exports/intel-codecheck.yml: changed since it was signed"
    assert verify(capsys) == (1, [said, *count(1, capsys, signed)])
    write_json(signed / "exports/intel.json", {"materials": [{"name": METRICS}]})
    (signed / METRICS).unlink()
    assert f"mismatch: {METRICS}: signed, but not here" in verify(capsys)[1], "an edited page excuses nothing"


def test_a_codecheck_that_somebody_filled_in_is_the_one_that_is_signed(signed: Path) -> None:
    shutil.move("exports/intel-codecheck.yml", "codecheck.yml")
    Path("exports/codecheck.yml").write_text("manifest:\n  - file: results/other/worksheet.md\n")
    bill = Path("exports/sbom.cdx.json").read_bytes()
    signature.main(["sign", "results/intel", "--key", "../key"])
    assert Path("exports/sbom.cdx.json").read_bytes() == bill
    materials = json.loads(Path("exports/intel.json").read_text())["materials"]
    assert [one["name"] for one in materials] == ["codecheck.yml", "exports/sbom.cdx.json"]


def test_without_a_network_keyless_is_refused_in_a_line(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What signs without a key asks sigstore, which is out of reach behind a proxy that is none."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(signed.parent))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    asked = ["verify", "exports/intel.sig", "--identity", "ann@example.org", "--issuer", "https://example.org"]
    for arguments in (["sign", "results/intel", "--keyless"], asked):
        with pytest.raises(UserError) as said:
            signature.main(arguments)
        assert str(said.value).startswith(signers.KEYLESS)
        assert "\n" not in str(said.value)


def test_a_forgery_that_fits_lock_and_caches_is_found(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forge_result(signed)
    for records in (NOTES, digest_records.FOLDER):
        shutil.rmtree(signed / ".dvc/cache" / records)
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
        (["verify", "exports/intel.sig"], "verify: name the public key, --key, or who signed without one"),
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
