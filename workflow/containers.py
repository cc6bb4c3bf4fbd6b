"""The image that jobs run in where somebody asks for one: snakemake --software-deployment-method apptainer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snakemake.settings.types import DeploymentMethod

from darkroom.core.errors import UserError

KEY = "container"
"""The entry of Snakemake's config that names another image."""
IMAGE = "container/darkroom.sif"


def find_image(config: Mapping[str, Any]) -> str:
    """Return the image of all rules, a file or an address; Snakemake looks at it only where it is to use one.

    Raises:
        UserError: the config names something else.
    """
    image = config.get(KEY) or IMAGE
    if not isinstance(image, str) or len(image.split()) != 1:
        raise UserError(f"config: {KEY}: {image!r}: not a file or an address, such as {IMAGE} or docker://…")
    return image


def check_image(workflow: Any, image: str) -> None:
    """Check that there is an image, if jobs are to run in it.

    Raises:
        UserError: there is none.
    """
    is_asked_for = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
    if is_asked_for and "://" not in image and not Path(image).exists():
        build = f"apptainer build {IMAGE} container/darkroom.def"
        raise UserError(f"{image}: no such image; make it: {build}, or name another: --config {KEY}=…")
