"""How workflows reach the clients they use: a workflow is a plain function, plugged in at start."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Port(Generic[T]):
    """A place for one client. `app.py` plugs it in before the engine starts."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._value: T | None = None

    def plug(self, value: T) -> None:
        """Put the client in, replacing an earlier one."""
        self._value = value

    def __call__(self) -> T:
        """Return the client."""
        if self._value is None:
            raise RuntimeError(f"{self._name} is used before it was plugged in")
        return self._value
