"""The person's side: sixteen columns, eight rows, and four signals that cannot be confused."""

COLUMNS, ROWS = 16, 8

NONE, ACCEPTED, ALREADY, WARNED, REFUSED = "-", "accepted", "already", "warned", "refused"

# Milliseconds of sound and silence in turn: told apart without looking, and by the hard of hearing
# on the vibrating motor: one short, two short, three long, one very long.
BEEPS = {ACCEPTED: (80,), ALREADY: (80, 80, 80), WARNED: (300, 100, 300, 100, 300),
         REFUSED: (1200,)}


def layout(title: str, link_up: bool, text: str, foot: str) -> "list[str]":
    """Eight rows: title and link, the text in six, the foot."""
    state = "" if link_up else "offline"
    space = COLUMNS - len(state)
    rows = [title[:space - 1] + " " * (space - len(title[:space - 1])) + state]
    body = wrap(text)[:ROWS - 2]
    rows += body + [""] * (ROWS - 2 - len(body))
    rows.append(foot[:COLUMNS])
    return [row.rstrip() for row in rows]


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


def queue(depth: int, age_ms: "int | None") -> str:
    """Records that no gateway has yet, and how long the oldest waits."""
    if not depth:
        return "all delivered"
    if age_ms is None:
        return "%d waiting" % depth
    minutes = age_ms // 60000
    age = "%d min" % minutes if minutes < 100 else "%d h" % (minutes // 60)
    return "%d wait %s" % (depth, age)
