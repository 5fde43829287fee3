"""The rows of the custody state machine as EPCIS says them (CBV 2.0), out and in."""

from dataclasses import dataclass

from ledger_client.wire import codes

OBJECT, AGGREGATION, ASSOCIATION = "ObjectEvent", "AggregationEvent", "AssociationEvent"
ADD, OBSERVE, DELETE = "ADD", "OBSERVE", "DELETE"
SENSOR_REPORTING = "sensor_reporting"  # what a logger saw: no row, custody does not change


@dataclass(frozen=True)
class Row:
    """`persistent` is set as persistentDisposition; `stays`: the thing is at the place afterwards,
    so that the place is its business location too."""

    type: str
    action: str
    step: str
    disposition: str | None
    persistent: str | None = None
    stays: bool = True


ROWS: dict[int, Row] = {
    codes.ACTION_COMMISSION: Row(OBJECT, ADD, "commissioning", "active"),
    codes.ACTION_PACK: Row(AGGREGATION, ADD, "packing", "in_progress"),
    codes.ACTION_UNPACK: Row(AGGREGATION, DELETE, "unpacking", "container_open"),
    codes.ACTION_SHIP: Row(OBJECT, OBSERVE, "shipping", "in_transit", stays=False),
    codes.ACTION_CANCEL: Row(OBJECT, OBSERVE, "void_shipping", "in_progress"),
    codes.ACTION_RECEIVE: Row(OBJECT, OBSERVE, "receiving", "in_progress"),
    codes.ACTION_REFUSE: Row(OBJECT, OBSERVE, "inspecting", "mismatch_instance"),
    codes.ACTION_PUT_AWAY: Row(OBJECT, OBSERVE, "storing", "sellable_not_accessible"),
    codes.ACTION_QUARANTINE: Row(OBJECT, OBSERVE, "holding", "non_sellable_other"),
    codes.ACTION_RELEASE: Row(OBJECT, OBSERVE, "inspecting", "conformant"),
    codes.ACTION_ILLEGITIMATE: Row(OBJECT, OBSERVE, "holding", "non_sellable_other",
                                   "non_sellable_other"),
    codes.ACTION_RECALL: Row(OBJECT, OBSERVE, "holding", "recalled", "recalled"),
    codes.ACTION_RETURN: Row(OBJECT, OBSERVE, "shipping", "returned", stays=False),
    codes.ACTION_SALEABLE: Row(OBJECT, OBSERVE, "inspecting", "sellable_not_accessible"),
    codes.ACTION_DISPENSE: Row(OBJECT, DELETE, "dispensing", "dispensed", stays=False),
    codes.ACTION_DECOMMISSION: Row(OBJECT, DELETE, "decommissioning", "inactive", stays=False),
    codes.ACTION_DESTROY: Row(OBJECT, DELETE, "destroying", "destroyed", stays=False),
    codes.ACTION_STOLEN: Row(OBJECT, OBSERVE, "stock_taking", "stolen", stays=False),
    codes.ACTION_SAMPLE: Row(OBJECT, OBSERVE, "sampling", "non_sellable_other"),
    codes.ACTION_ALLOCATE: Row(OBJECT, ADD, "encoding", "encoded"),
    codes.ACTION_ATTACH: Row(ASSOCIATION, ADD, "installing", None),
    codes.ACTION_DETACH: Row(ASSOCIATION, DELETE, "removing", None),
}
# Other words of partners for the same row: (type, action, step, disposition); rows 3 to 18.
_ALSO: dict[tuple[str, str, str, str | None], int] = {
    (AGGREGATION, DELETE, "unpacking", "completeness_verified"): codes.ACTION_UNPACK,
    (AGGREGATION, DELETE, "unpacking", "completeness_inferred"): codes.ACTION_UNPACK,
    (OBJECT, OBSERVE, "accepting", "in_progress"): codes.ACTION_RECEIVE,
    (OBJECT, OBSERVE, "storing", "sellable_accessible"): codes.ACTION_PUT_AWAY,
    (OBJECT, OBSERVE, "stocking", "sellable_accessible"): codes.ACTION_PUT_AWAY,
    (OBJECT, OBSERVE, "stocking", "sellable_not_accessible"): codes.ACTION_PUT_AWAY,
    (OBJECT, DELETE, "destroying", "disposed"): codes.ACTION_DESTROY,
    (OBJECT, OBSERVE, "holding", "stolen"): codes.ACTION_STOLEN,
    **{(OBJECT, OBSERVE, "inspecting", disposition): codes.ACTION_REFUSE for disposition in (
        "mismatch_class", "mismatch_quantity", "damaged", "no_pedigree_match")},
    # No event shows whether a holding is a refusal (row 7): a hold is the safe reading.
    **{(OBJECT, OBSERVE, "holding", disposition): codes.ACTION_QUARANTINE for disposition in (
        "no_pedigree_match", "unknown", "non_conformant")},
    **{(OBJECT, OBSERVE, step, disposition): codes.ACTION_STOLEN
       for step in ("cycle_counting", "stock_taking") for disposition in ("stolen", "unknown")},
}
_ROWS = {(row.type, row.action, row.step, row.disposition, row.persistent): number
         for number, row in ROWS.items()}


def action_of(said: Row) -> int | None:
    """The row that an event says, None when it says none of ours."""
    key = said.type, said.action, said.step, said.disposition
    return _ROWS.get((*key, said.persistent), _ALSO.get(key))
