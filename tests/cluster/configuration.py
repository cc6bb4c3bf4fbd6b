"""The files that a test cluster consists of, written into a folder of its own."""

import getpass
import os
import shutil
import socket
import string
from pathlib import Path

HERE = Path(__file__).parent
NODES = ("n1", "n2")


def configure(folder: Path) -> None:
    """Write the configuration, the key of munge, and the `srun` that jobs find first."""
    folder.chmod(0o711)  # munge wants its socket within everybody's reach
    for name in ("etc", "run", "log", "state", "bin"):
        (folder / name).mkdir()
    (folder / "etc/munge.key").touch(mode=0o600)
    (folder / "etc/munge.key").write_bytes(os.urandom(128))
    controller, *nodes = free_ports(1 + len(NODES))
    values = {"state": folder, "user": getpass.getuser(), "host": socket.gethostname().partition(".")[0]}
    values |= {"controller_port": controller, **{f"{node}_port": port for node, port in zip(NODES, nodes, strict=True)}}
    template = string.Template((HERE / "slurm.conf").read_text())
    (folder / "etc/slurm.conf").write_text(template.substitute(values))
    shutil.copyfile(HERE / "gres.conf", folder / "etc/gres.conf")
    srun = folder / "bin/srun"  # Snakemake's job step strips SLURM_CONF, and a real cluster has /etc/slurm
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/etc/slurm.conf exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)


def free_ports(count: int) -> list[int]:
    """Return that many ports of this machine that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
