"""Which telemetry a passport needs: for each attachment the records from one that begins by the
attaching to one at or after the detaching, merged into runs that hold every record once."""

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
        first = exposure.first_needed(self._source, attachment)
        for held, (epoch, seq) in self._source.device_records(attachment.thumbprint,
                                                              attachment.epoch, first):
            if not self._source.has_body(held.entry):
                continue
            self._rows.setdefault((attachment.thumbprint, epoch), {})[seq] = held
            unix_ms = self._source.record_at(held.entry, held.leaf).clock.unix_ms
            linked = (epoch, seq) > (attachment.epoch, attachment.seq)
            if linked and attachment.until is not None and unix_ms is not None and \
                    unix_ms >= attachment.until.unix_ms:
                return

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
