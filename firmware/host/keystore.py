"""Small secrets as files of mode 0600 in the device's directory; replaced by renaming."""

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
            quoted = fresh.replace("'", "'\\''")
            if os.system("chmod 600 '%s'" % quoted):  # the unix port has no os.chmod
                raise OSError("cannot make %s private: check who owns its directory" % fresh)
            file.write(value)
        os.rename(fresh, path)
