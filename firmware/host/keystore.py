"""Small secrets as files in the device's directory, replaced by renaming.

Whoever starts the device sets the umask to 077: MicroPython cannot change a file's mode."""

import os


class FileKeystore:
    """Values by name."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def load(self, name: str) -> "bytes | None":
        try:
            with open(self._directory + "/" + name, "rb") as file:
                return file.read()
        except OSError:
            return None

    def store(self, name: str, value: bytes) -> None:
        """The old value or the new one, never half of it; raises OSError."""
        path = self._directory + "/" + name
        fresh = path + ".new"
        with open(fresh, "wb") as file:
            file.write(value)
        os.rename(fresh, path)
