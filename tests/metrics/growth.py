"""How much what is counted has grown: all bots of a process share it."""

from bot.metrics.instruments import PREFIX, REGISTRY


def _samples() -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }


class Growth:
    """What has been counted since this was made."""

    def __init__(self) -> None:
        self._before = _samples()

    def of(self, name: str) -> dict[tuple[str, ...], float]:
        """Return by how much a metric has grown, by the values of its labels; what has not is left out."""
        now = {key: value for key, value in _samples().items() if key[0] == f"{PREFIX}_{name}"}
        grown = {key[1]: value - self._before.get(key, 0.0) for key, value in now.items()}
        return {labels: value for labels, value in grown.items() if value}


def measured(name: str) -> dict[tuple[str, ...], float]:
    """Return what a gauge says now, by the values of its labels."""
    return {key[1]: value for key, value in _samples().items() if key[0] == f"{PREFIX}_{name}"}
