"""A provisioned device at a broker with a small gateway, for the tests of the whole process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger_client.wire import console
from tests.unit.firmware import bench


class Site:
    """One broker, one device, one gateway."""

    def __init__(self, folder: Path, port: int, board: str) -> None:
        self.open = True
        self.port = port
        self.device = bench.Device(folder / "device", board)
        self.device.start()
        self.public_key: bytes = self.device.ask(console.IDENTIFY)[3]
        self.gateway = bench.Gateway(port, self.public_key)

    def provision(self, **changes: object) -> bytes:
        return self.device.provision(bench.settings(self.port, **changes),
                                     self.gateway.key.public_key)

    def close(self) -> None:
        """Also when it is closed already."""
        if self.open:
            self.open = False
            self.gateway.close()
            self.device.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    """site("logger") starts one."""
    sites: list[Site] = []
    port = bench.free_port()

    def start(board: str) -> Site:
        sites.append(Site(tmp_path, port, board))
        return sites[-1]

    with bench.broker(tmp_path, port):
        try:
            yield start
        finally:
            for one in sites:
                one.close()
