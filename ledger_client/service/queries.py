"""Questions over HTTP: where, held, contents, touched.  JSON, and the service's word: no proofs."""

import json
import re
from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from ledger_client.core.insides import Interval
from ledger_client.core.touched import Range
from ledger_client.errors import InvalidData, UsageError
from ledger_client.node import naming
from ledger_client.node import question_forms as forms
from ledger_client.node.question_forms import Form
from ledger_client.node.questions import Questions
from ledger_client.service import answers, resources
from ledger_client.service.limits import QUERY_ITEMS
from ledger_client.service.problem import Problem
from ledger_client.service.resources import Answer, Parameters
from ledger_client.service.snapshots import SnapshotReader
from ledger_client.wire import digital_link

Row = TypeVar("Row")
_TEMPERATURE = re.compile("-?[0-9]{1,6}")


def where(reader: SnapshotReader, parameters: Parameters) -> Answer:
    uri, at_ms = _item(parameters), _time(parameters, "at")
    return _answer(reader, lambda questions: forms.where(questions.where(uri, at_ms), at_ms))


def held(reader: SnapshotReader, parameters: Parameters) -> Answer:
    uri = _item(parameters)
    return _answer(reader, lambda questions: forms.held(uri, questions.held(uri)))


def contents(reader: SnapshotReader, parameters: Parameters) -> Answer:
    uri, at_ms = _item(parameters), _time(parameters, "at")
    return _answer(reader, lambda questions: forms.contents(
        uri, _few(list(islice(questions.contents(uri, at_ms), QUERY_ITEMS + 1))), at_ms))


def touched(reader: SnapshotReader, parameters: Parameters) -> Answer:
    """By exactly one of logger, item and key."""
    if sum(name in parameters for name in ("logger", "item", "key")) != 1:
        raise Problem(400, "Malformed request", "touched by what? One of logger, item and key")
    since_ms = _time(parameters, "since") or 0
    if "key" in parameters:
        key = parameters["key"]
        name = _named(key) if key.startswith("(") or digital_link.is_web_address(key) else key
        return _answer(reader, lambda questions: _by_key(questions, name, since_ms))
    if "item" in parameters:
        pack = _named(parameters["item"])
        return _answer(reader, lambda questions: forms.touched(
            _few(questions.touched_by_excursions(pack))))
    logger = _named(parameters["logger"])
    interval = Interval(since_ms, _time(parameters, "until"))
    allowed = Range(_temperature(parameters, "below"), _temperature(parameters, "above"))
    return _answer(reader, lambda questions: forms.touched(
        _few(questions.touched_by_logger(logger, interval, allowed))))


def _item(parameters: Parameters) -> str:
    """The thing in the path."""
    return _named(resources.item_of(parameters))


def _named(text: str) -> str:
    """The canonical name of a thing that a request spells in any way; Problem 400."""
    try:
        return naming.named(text)
    except UsageError as error:
        raise Problem(400, "No such name", str(error)) from error


def _by_key(questions: Questions, name: str, since_ms: int) -> Form:
    found = questions.touched_by_key(name, since_ms)
    _few([*found.events, *found.measured])
    return forms.touched_by_key(found)


def _answer(reader: SnapshotReader, ask: Callable[[Questions], Form]) -> Answer:
    questions = Questions(reader)
    try:
        form = ask(questions)
    except (UsageError, InvalidData) as error:
        raise Problem(404, "No answer", str(error)) from error
    return Answer(answers.JSON, json.dumps(forms.as_of(questions.checkpoint, form)).encode())


def _few(rows: list[Row]) -> list[Row]:
    if len(rows) > QUERY_ITEMS:
        raise Problem(413, "Too much", f"more than {QUERY_ITEMS} things: ask crate by crate, or "
                      "where the ledger lies")
    return rows


def _time(parameters: Parameters, name: str) -> int | None:
    return resources.number_of(parameters, name) if name in parameters else None


def _temperature(parameters: Parameters, name: str) -> int | None:
    text = parameters.get(name)
    if text is not None and not _TEMPERATURE.fullmatch(text):
        raise Problem(400, "Malformed request", f"{name} is in hundredths of a degree")
    return None if text is None else int(text)
