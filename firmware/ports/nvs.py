"""Small secrets in the ESP32's non-volatile storage: wear-levelled and safe against power cuts."""

from esp32 import NVS

_SPACE = "coldseal"
_BLOB_BYTES = 1900  # the largest value that fits one page beside its head


class NvsKeystore:
    """Values by name, of at most 15 characters."""

    def __init__(self) -> None:
        self._nvs = NVS(_SPACE)

    def load(self, name: str) -> "bytes | None":
        data = bytearray(_BLOB_BYTES)
        try:
            size = self._nvs.get_blob(name, data)
        except OSError:
            return None
        return bytes(data[:size])

    def store(self, name: str, value: bytes) -> None:
        if len(value) > _BLOB_BYTES:
            raise ValueError("%s of %d bytes: the key store takes %d" % (name, len(value),
                                                                      _BLOB_BYTES))
        self._nvs.set_blob(name, value)
        self._nvs.commit()
