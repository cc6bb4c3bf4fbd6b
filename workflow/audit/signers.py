"""Who signs, and who is asked whether a signature is genuine: a key in a file, or sigstore, which needs none.

Both are of the library model-signing, which is installed where it is wanted.
"""

import os
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls

MISSING = "model-signing is not installed; run requirements/extend .venv requirements/signing.txt"
KEYLESS = "--keyless needs a network: sigstore's certificates, its log and a login; without one, sign with --key"


def load(name: str) -> Any:
    """Return a module of the library that signs.

    Raises:
        UserError: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"model_signing.{name}")
    except ModuleNotFoundError:
        raise UserError(MISSING) from None


def use_private_key(key: Path) -> Any:
    """Return what signs with a private key.

    Raises:
        UserError: it is none.
    """
    try:
        return load("signing").Config().use_elliptic_key_signer(private_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{key}: not a private key in PEM ({first_line(error)}); make one with new-key") from None


def use_public_key(key: Path) -> Any:
    """Return what verifies with a public key.

    Raises:
        UserError: it is none.
    """
    try:
        return load("verifying").Config().use_elliptic_key_verifier(public_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{key}: not a public key in PEM ({first_line(error)})") from None


def use_identity() -> Any:
    """Return what signs by sigstore, as whoever logs in, or as the job of a service that vouches for it.

    Raises:
        UserError: sigstore cannot be asked.
    """
    signing = load("signing")
    try:
        return signing.Config().use_sigstore_signer(use_ambient_credentials=True)
    except Exception as error:  # the library's, sigstore's, TUF's and those of the network
        raise say_unreachable(error) from None


def expect_identity(identity: str, issuer: str) -> Any:
    """Return what verifies that ``identity``, for which ``issuer`` vouches, has signed by sigstore.

    Raises:
        UserError: sigstore cannot be asked.
    """
    verifying = load("verifying")
    try:
        return verifying.Config().use_sigstore_verifier(identity=identity, oidc_issuer=issuer)
    except Exception as error:
        raise say_unreachable(error) from None


def say_unreachable(error: Exception) -> UserError:
    """Return the line for what a service of sigstore's, or the way to it, raised."""
    return UserError(f"{KEYLESS} ({first_line(error)})")


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


def first_line(error: Exception) -> str:
    """Return what an error says first, at most 200 characters that a terminal takes for text."""
    return escape_controls(str(error).partition("\n")[0])[:200]
