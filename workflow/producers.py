"""Which stage writes which file or folder."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping


class Producers(Mapping[str, str]):
    """The stage that writes each output, by the output's path."""

    def __init__(self, outs: Iterable[tuple[str, str]]) -> None:
        """Take pairs of an output's path and its stage."""
        self._stages = dict(outs)
        self._below: dict[str, list[str]] = defaultdict(list)
        for out in self._stages:
            folder = out
            while "/" in folder:
                folder = folder.rpartition("/")[0]  # pathlib would take a second for a thousand models
                self._below[folder].append(out)

    def __getitem__(self, out: str) -> str:
        return self._stages[out]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def below(self, folder: str) -> list[str]:
        """Return the outputs that lie in a folder, which is none itself."""
        return self._below.get(folder, [])

    def behind(self, path: str) -> list[str]:
        """Return what stages wrote of a path that another depends on: itself, the outputs in it, or that it lies in."""
        if path in self._stages:
            return [path]
        holder = self.holder(path)
        return [holder] if holder else self.below(path)

    def holder(self, path: str) -> str | None:
        """Return the output, a folder, that a path lies in; ``None``: it lies in none."""
        while "/" in path:
            path = path.rpartition("/")[0]
            if path in self._stages:
                return path
        return None
