"""Sign results and all that they came from with a key, so that a forgery is found that fits dvc.lock and every cache.

    python -m workflow.audit.signature new-key KEY               KEY, which stays secret, and KEY.pub, for everybody
    python -m workflow.audit.signature sign results/intel --key KEY     writes exports/intel.sig
    python -m workflow.audit.signature verify exports/intel.sig --key KEY.pub

What is signed is an in-toto statement in a DSSE envelope, made by the library model-signing, whose own command reads
it, too: the SHA-256 of every result, model, view, archive and file of code that the audit lists, of the locks of the
environment, and of a page with the commit, the parameters and the commands (exports/<name>.json). To verify needs the
public key and the files, and neither DVC nor git. The exit code is 1 where something differs.
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
from darkroom.core.files import replace_file, write_json
from darkroom.core.one_line import escape_controls
from darkroom.core.progress import show_progress
from darkroom.pipeline import command
from darkroom.reporting.quantities import counted
from workflow.audit.signed_files import compare, describe, list_signed

EXPORTS = Path("exports")
MISSING = "model-signing is not installed; run requirements/extend .venv requirements/signing.txt"
SHOWN = 20
"""Files named at most, of those that differ."""


def sign(paths: Sequence[str], key: Path, out: Path | None) -> tuple[Path, int]:
    """Sign the results at ``paths`` and all upstream of them; return the file with the signature, and the files signed.

    Raises:
        UserError: something of it is not here, is a link, or the key is none.
    """
    from workflow import recording
    from workflow.audit import lineage
    from workflow.changes import Inspection

    hashing, signing = _import("hashing"), _import("signing")
    from darkroom.pipeline import template
    from workflow.contents import Contents

    steps = lineage.trace(paths, Inspection(template.read_stages(), recording.read(), Contents()))
    target = out or EXPORTS / f"{Path(paths[0]).name}.sig"
    page = target.with_suffix(".json")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_json(page, describe(paths, steps))
    files = [*list_signed(steps), page]

    class Chosen(hashing.Config):  # type: ignore[name-defined]
        """Hashes these files and no others."""

        def hash(self, root: Any, *, files_to_hash: Any = None) -> Any:
            shown = show_progress(files, len(files), f"sign {target.stem}", "files")
            return super().hash(root, files_to_hash=[Path(root, file) for file in shown])

    try:
        signer = signing.Config().use_elliptic_key_signer(private_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{key}: not a private key in PEM ({_first_line(error)}); make one with new-key") from None
    try:
        with replace_file(target) as temporary:
            signer.set_hashing_config(Chosen()).sign(Path.cwd(), temporary)
    except ValueError as error:  # a link
        raise UserError(f"{_first_line(error)}; nothing that leads elsewhere is signed") from None
    return target, len(files)


def read_signed(signature: Path, key: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that was signed, by its path, after the signature was found genuine.

    Raises:
        UserError: it was not made with the private key that belongs to ``key``, or one of the two is no such file.
    """
    hashing, verifying = _import("hashing"), _import("verifying")

    class Genuine(Exception):  # noqa: N818
        """The library asks for the hashes of files only where the signature is."""

    class Unhashed(hashing.Config):  # type: ignore[name-defined]
        """Hashes nothing."""

        def hash(self, *_: Any, **__: Any) -> Any:
            raise Genuine

    try:
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{key}: not a public key in PEM ({_first_line(error)})") from None
    try:
        verifier.set_hashing_config(Unhashed()).verify(Path.cwd(), signature)
    except Genuine:
        envelope = json.loads(signature.read_text(encoding="utf-8"))["dsseEnvelope"]
        statement = json.loads(base64.b64decode(envelope["payload"]))
        return {one["name"]: one["digest"] for one in statement["predicate"]["resources"]}
    except OSError as error:
        raise UserError(f"{signature}: cannot be read ({_first_line(error)})") from None
    except Exception:  # whatever a broken file makes the library raise
        raise UserError(f"{signature}: not signed with the key of {key}, or changed since") from None
    raise AssertionError("the library did not ask for hashes")


def make_key(file: Path) -> None:
    """Write a new private key (ECDSA, P-256, PEM) that its owner alone can read, and beside it the public one.

    Raises:
        UserError: there is such a file.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, public = ec.generate_private_key(ec.SECP256R1()), file.with_name(f"{file.name}.pub")
    if taken := [one for one in (file, public) if one.exists()]:
        raise UserError(f"{taken[0]}: is there already; name another file")
    form, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(private)
    public.write_bytes(key.public_key().public_bytes(form, serialization.PublicFormat.SubjectPublicKeyInfo))


def _import(name: str) -> Any:
    """Return a module of the library that signs, which is installed where it is wanted.

    Raises:
        UserError: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"model_signing.{name}")
    except ModuleNotFoundError:
        raise UserError(MISSING) from None


def _first_line(error: Exception) -> str:
    return escape_controls(str(error).partition("\n")[0])[:200]


def main(argv: Sequence[str] | None = None) -> None:
    """Make a key, sign, or verify, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new-key", help="make a key")
    new.add_argument("file", type=Path)
    made = commands.add_parser("sign", help="sign results")
    made.add_argument("paths", nargs="+", metavar="PATH", help="a file or folder that a stage wrote")
    made.add_argument("--key", type=Path, required=True, help="the private key")
    made.add_argument("--out", type=Path, help="the file to write; exports/<name>.sig")
    checked = commands.add_parser("verify", help="compare what is here with what was signed")
    checked.add_argument("signature", type=Path)
    checked.add_argument("--key", type=Path, required=True, help="the public key")
    given = parser.parse_args(argv)
    if given.command == "new-key":
        make_key(given.file)
        print(f"{given.file}: keep it secret; {given.file}.pub: give it to whoever verifies")
    elif given.command == "sign":
        target, files = sign(given.paths, given.key, given.out)
        print(f"{target}: {counted(files, 'file')} signed")
    else:
        signed = read_signed(given.signature, given.key)
        found = list(compare(signed, f"verify {given.signature.stem}"))
        for line in found[:SHOWN]:
            print(f"mismatch: {escape_controls(line)}")
        if found:
            sys.exit(f"{counted(len(found), 'file')} of {len(signed):,} signed differ")
        print(f"genuine: {counted(len(signed), 'file')} as they were signed")


if __name__ == "__main__":
    command.run(main)
