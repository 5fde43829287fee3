"""A verdict with all that is shown of it: words, JSON, a plot."""

from dataclasses import asdict, dataclass
from pathlib import Path

from ledger_client.core import against
from ledger_client.core.profile import Profile
from ledger_client.core.storage_values import Calibrations, Exposure
from ledger_client.core.verdict import Verdict
from ledger_client.core.verdict_difference import Difference
from ledger_client.core.verdict_words import Naming, verdict_words
from ledger_client.errors import UsageError


@dataclass(frozen=True)
class Judged:
    """`facts` stand in JSON beside the verdict, `notes` are lines below the evidence, `touched`
    those about other items; `as_of` says that it is the verdict of an earlier checkpoint; `against`
    is what speaks against using the item now, however it was stored; `lead` are lines below the
    outcome; `of_export`: of a logger's file, not of an item."""

    verdict: Verdict
    exposure: Exposure
    profile: Profile
    naming: Naming
    calibrations: Calibrations
    facts: dict[str, object]
    notes: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    as_of: str | None = None
    against: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    of_export: bool = False

    def words(self) -> list[str]:
        """Lines for a person."""
        headline, *rest = verdict_words(
            self.verdict, self.profile, self.naming, self.touched, ended=self.exposure.ended,
            of_export=self.of_export)
        as_of = [] if self.as_of is None else [self.as_of]
        return [headline, *as_of, *against.words(self.against), *self.lead, *rest, *self.notes]

    def write_plot(self, path: Path) -> None:
        """SVG or PNG by the name's ending."""
        from edge_gateway import plot
        if path.suffix not in (".svg", ".png"):
            raise UsageError(f"{path}: a plot is .svg or .png")
        svg = plot.plot_svg(self.exposure, self.profile, self.verdict, self.exposure.item,
                            self.naming.zone, calibration=self.calibrations)
        picture = svg.encode() if path.suffix == ".svg" else plot.png_of(svg)
        try:
            path.write_bytes(picture)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror})") from error

    def as_json(self, found: Difference | None) -> dict[str, object]:
        """Times in Unix ms, temperatures in 10^-2 degC, named as in ledger_client.core.verdict."""
        value: dict[str, object] = {
            **self.facts, "item": self.verdict.item, "against": list(self.against),
            "outcome": self.verdict.outcome,
            "profile": self.naming.name, "profile_version": self.naming.version,
            "profile_source": self.profile.source, "verdict": asdict(self.verdict)}
        if found is not None:
            value["now"] = {
                "outcome": found.after.verdict.outcome, "as_of_ms": found.after.until_ms,
                "verdict": asdict(found.after.verdict),
                "why": [{"kind": step.kind, "says": list(step.lines), "outcome": step.outcome}
                        for step in found.steps]}
        return value
