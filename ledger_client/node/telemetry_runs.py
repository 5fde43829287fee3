"""Which telemetry a passport needs: for each attachment the records that may hold a reading of it,
merged into runs that hold every record once."""

from collections.abc import Iterator

from ledger_client.core import exposure
from ledger_client.core.device_chain import Registered
from ledger_client.core.exposure import Attachment
from ledger_client.node.source import LedgerSource

# a record's seq and where it stands
Row = tuple[int, Registered]


class TelemetryRuns:
    """Gathers rows of several attachments."""

    def __init__(self, source: LedgerSource) -> None:
        self._source = source
        self._rows: dict[tuple[bytes, int], dict[int, Registered]] = {}

    def need(self, attachment: Attachment) -> None:
        """Take what an attachment needs; records whose body was pruned cannot be taken."""
        for found in exposure.needed(self._source, attachment):
            epoch, seq = found.where
            self._rows.setdefault((attachment.thumbprint, epoch), {})[seq] = \
                self._source.registered(attachment.thumbprint, epoch, seq)

    def runs(self) -> Iterator[tuple[bytes, int, list[Row]]]:
        """(thumbprint, epoch, rows of consecutive seqs)."""
        for (thumbprint, epoch), held in sorted(self._rows.items()):
            run: list[Row] = []
            for seq in sorted(held):
                if run and seq != run[-1][0] + 1:
                    yield thumbprint, epoch, run
                    run = []
                run.append((seq, held[seq]))
            yield thumbprint, epoch, run
