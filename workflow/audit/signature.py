"""Sign results and all that they came from, so that a forgery is found that fits dvc.lock and every cache.

    python -m workflow.audit.signature new-key KEY               KEY, which stays secret, and KEY.pub, for everybody
    python -m workflow.audit.signature sign results/intel --key KEY     writes exports/intel.sig
    python -m workflow.audit.signature verify exports/intel.sig --key KEY.pub

What is signed is an in-toto statement in a DSSE envelope, made by the library model-signing, whose own command reads
it, too: the SHA-256 of every result, model, view, archive and file of code that the audit lists, of the locks of the
environment, of the study's codecheck.yml and the CycloneDX bill of the locks (both written to exports/ where they are
not there), and of a page with the commit, the parameters, the commands and these materials (exports/<name>.json). To
verify needs the public key and the files, and neither DVC nor git. The exit code is 1 where something differs.

Without a key, sigstore signs who you are, by a login in the browser, and writes that into its public log:

    python -m workflow.audit.signature sign results/intel --keyless
    python -m workflow.audit.signature verify exports/intel.sig --identity you@example.org --issuer https://…
"""

import argparse
import base64
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.files import replace_file, sha256, write_json
from darkroom.core.one_line import escape_controls
from darkroom.core.progress import show_progress
from darkroom.pipeline import command
from darkroom.reporting.quantities import counted
from workflow.audit import signers
from workflow.audit.materials import EXPORTS, bring_materials, read_materials
from workflow.audit.signed_files import compare, describe, list_signed

SHOWN = 20
"""Files named at most, of those that differ."""


def sign(paths: Sequence[str], key: Path | None, out: Path | None) -> tuple[Path, list[Path]]:
    """Sign the results at ``paths`` and all upstream of them with a key, or else by sigstore.

    Returns:
        The file with the signature, and all that it covers.

    Raises:
        UserError: something of it is not here, is a link, the key is none, or sigstore cannot be asked.
    """
    from darkroom.pipeline import template
    from workflow import recording
    from workflow.audit import lineage
    from workflow.changes import Inspection
    from workflow.contents import Contents

    hashing = signers.load("hashing")
    signer = signers.use_private_key(key) if key else signers.use_identity()
    steps = lineage.trace(paths, Inspection(template.read_stages(), recording.read(), Contents()))
    target = out or EXPORTS / f"{Path(paths[0]).name}.sig"
    page = target.with_suffix(".json")
    signed = list_signed(steps)
    materials = bring_materials(steps)
    write_json(page, {**describe(paths, steps), "materials": [name_material(file) for file in materials]})
    files = [*signed, *materials, page]

    class Chosen(hashing.Config):  # type: ignore[name-defined]
        """Hashes these files and no others."""

        def hash(self, root: Any, *, files_to_hash: Any = None) -> Any:
            shown = show_progress(files, len(files), f"sign {target.stem}", "files")
            return super().hash(root, files_to_hash=[Path(root, file) for file in shown])

    try:
        with replace_file(target) as temporary:
            signer.set_hashing_config(Chosen()).sign(Path.cwd(), temporary)
    except ValueError as error:  # a link
        raise UserError(f"{signers.first_line(error)}; nothing that leads elsewhere is signed") from None
    except Exception as error:
        if key:
            raise
        raise signers.say_unreachable(error) from None
    return target, files


def name_material(file: Path) -> dict[str, Any]:
    """Return a file as a resource of in-toto: its name and digest."""
    return {"name": str(file), "digest": {"sha256": sha256(file)}}


def read_signed(signature: Path, verifier: Any, whose: str) -> dict[str, str]:
    """Return the SHA-256 of each file that was signed, by its path, after the signature was found genuine.

    Raises:
        UserError: it was not made by those ``whose`` it should be, or is no such file.
    """
    hashing = signers.load("hashing")

    class Genuine(Exception):  # noqa: N818
        """The library asks for the hashes of files only where the signature is."""

    class Unhashed(hashing.Config):  # type: ignore[name-defined]
        """Hashes nothing."""

        def hash(self, *_: Any, **__: Any) -> Any:
            raise Genuine

    try:
        verifier.set_hashing_config(Unhashed()).verify(Path.cwd(), signature)
    except Genuine:
        envelope = json.loads(signature.read_text(encoding="utf-8"))["dsseEnvelope"]
        statement = json.loads(base64.b64decode(envelope["payload"]))
        return {one["name"]: one["digest"] for one in statement["predicate"]["resources"]}
    except OSError as error:
        raise UserError(f"{signature}: cannot be read ({signers.first_line(error)})") from None
    except Exception:  # whatever a broken file makes the library raise
        raise UserError(f"{signature}: not signed {whose}, or changed since") from None
    raise AssertionError("the library did not ask for hashes")


def find_materials(signature: Path, signed: dict[str, str]) -> set[str]:
    """Return the materials among what was signed, which need not be here, as its page names them if it is genuine."""
    page = signature.with_suffix(".json")
    if not page.is_file() or signed.get(os.path.relpath(page)) != sha256(page):
        return set()
    return read_materials(page)


def verify(given: argparse.Namespace) -> None:
    """Print how what is here compares with what was signed, and end with exit code 1 where something differs."""
    if given.key:
        verifier, whose = signers.use_public_key(given.key), f"with the key of {given.key}"
    elif given.identity and given.issuer:
        verifier, whose = signers.expect_identity(given.identity, given.issuer), f"by {given.identity}"
    else:
        raise UserError("verify: name the public key, --key, or who signed without one: --identity and --issuer")
    signed = read_signed(given.signature, verifier, whose)
    away = {name for name in find_materials(given.signature, signed) if not Path(name).exists()}
    here = {name: digest for name, digest in signed.items() if name not in away}
    found = list(compare(here, f"verify {given.signature.stem}"))
    for line in found[:SHOWN]:
        print(f"mismatch: {escape_controls(line)}")
    if found:
        sys.exit(f"{counted(len(found), 'file')} of {len(signed):,} signed differ")
    for name in sorted(away):
        print(f"{escape_controls(name)} is not here, so it is not compared.")
    print(f"genuine: {counted(len(here), 'file')} as they were signed")


def main(argv: Sequence[str] | None = None) -> None:
    """Make a key, sign, or verify, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new-key", help="make a key")
    new.add_argument("file", type=Path)
    made = commands.add_parser("sign", help="sign results")
    made.add_argument("paths", nargs="+", metavar="PATH", help="a file or folder that a stage wrote")
    signer = made.add_mutually_exclusive_group(required=True)
    signer.add_argument("--key", type=Path, help="the private key")
    signer.add_argument("--keyless", action="store_true", help="by sigstore, with a login; needs a network")
    made.add_argument("--out", type=Path, help="the file to write; exports/<name>.sig")
    checked = commands.add_parser("verify", help="compare what is here with what was signed")
    checked.add_argument("signature", type=Path)
    checked.add_argument("--key", type=Path, help="the public key")
    checked.add_argument("--identity", help="who signed without a key: an address, or a job's")
    checked.add_argument("--issuer", help="who vouches for that: the address of a service that people log in at")
    given = parser.parse_args(argv)
    if given.command == "new-key":
        signers.make_key(given.file)
        print(f"{given.file}: keep it secret; {given.file}.pub: give it to whoever verifies")
    elif given.command == "sign":
        target, files = sign(given.paths, given.key, given.out)
        print(f"{target}: {counted(len(files), 'file')} signed")
    else:
        verify(given)


if __name__ == "__main__":
    command.run(main)
