"""The person's side: sixteen columns, eight rows, and four signals that cannot be confused."""

COLUMNS, ROWS = 16, 8

NONE, ACCEPTED, ALREADY, WARNED, REFUSED = "-", "accepted", "already", "warned", "refused"

# Milliseconds of sound and silence in turn: told apart without looking, and by the hard of hearing
# on the vibrating motor: one short, two short, three long, one very long.
BEEPS = {ACCEPTED: (80,), ALREADY: (80, 80, 80), WARNED: (300, 100, 300, 100, 300),
         REFUSED: (1200,)}


def layout(title: str, text: str, foot: str) -> "list[str]":
    """Eight rows: the title, the text in six, the foot."""
    body = wrap(text)[:ROWS - 2]
    return [title[:COLUMNS]] + body + [""] * (ROWS - 2 - len(body)) + [foot[:COLUMNS]]


def wrap(text: str) -> "list[str]":
    """Words in lines of at most COLUMNS; a longer word is cut."""
    rows = []
    line = ""
    for word in text.split():
        while len(word) > COLUMNS:
            if line:
                rows.append(line)
                line = ""
            rows.append(word[:COLUMNS])
            word = word[COLUMNS:]
        if line and len(line) + 1 + len(word) > COLUMNS:
            rows.append(line)
            line = word
        else:
            line = line + " " + word if line else word
    if line:
        rows.append(line)
    return rows


def queue(link_up: bool, depth: int, age_ms: "int | None") -> str:
    """The link, how many records no gateway has yet, and how long the oldest waits."""
    link = "" if link_up else "OFFLINE "
    if not depth:
        return link or "all delivered"
    minutes = (age_ms or 0) // 60000
    age = "%dmin" % minutes if minutes < 100 else "%dh" % (minutes // 60)
    return "%s%d %s" % (link or "waiting ", depth, "" if age_ms is None else age)
