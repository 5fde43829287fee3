"""The linters of the GS1 syntax dictionary that need no code list.

A linter takes the text of one component and returns what is wrong with it in words, "" if
nothing is: the words of the dictionary's own error names, so that they can be compared.
Sources: GS1 General Specifications: check digits, check character pairs, encodable character
sets, dates.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Linter = Callable[[str], str]

_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
# In the order of the values that the check pair gives its characters.
_CSET_82 = "!\"%&'()*+,-./" + _DIGITS + ":;<=>?" + _UPPER + "_" + _LOWER
_CSET_39 = "#-/" + _DIGITS + _UPPER
_CSET_64 = "-" + _DIGITS + _UPPER + "_" + _LOWER
_CSET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # of a check pair: nothing looks like 0, 1, I or O
_CHECK_PAIR_MODULUS = 1021  # the largest prime below 32 * 32
_CHECK_PAIR_LIMIT = 99  # characters; no value of an identifier has more than 90
_GCP_DIGITS = 4  # of the shortest GS1 company prefix
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_digits(text: str) -> bool:
    """ASCII digits only: str.isdigit and int accept those of other scripts."""
    return all([letter in _DIGITS for letter in text])


def _all_in(alphabet: str, text: str, fault: str) -> str:
    for letter in text:
        if letter not in alphabet:
            return fault
    return ""


def csetnumeric(text: str) -> str:
    return _all_in(_DIGITS, text, "non digit character")


def cset82(text: str) -> str:
    return _all_in(_CSET_82, text, "invalid cset82 character")


def cset39(text: str) -> str:
    return _all_in(_CSET_39, text, "invalid cset39 character")


def cset64(text: str) -> str:
    """base64url; padded, if at all, to a multiple of three characters."""
    data = text.rstrip("=")
    padding = len(text) - len(data)
    if padding and (padding > 2 or len(text) % 3):
        return _all_in(_CSET_64, data, "invalid cset64 character") or "invalid cset64 padding"
    return _all_in(_CSET_64, data, "invalid cset64 character")


def csum(text: str) -> str:
    """Modulo 10, weights 3 and 1 from the right."""
    if not text:
        return "too short for check digit"
    if not is_digits(text):
        return "non digit character"
    return "" if check_digit(text[:-1]) == text[-1] else "incorrect check digit"


def check_digit(digits: str) -> str:
    """The digit that completes these digits."""
    total = 0
    weight = 3
    for place in range(len(digits) - 1, -1, -1):
        total += weight * int(digits[place])
        weight = 4 - weight
    return str(-total % 10)


def csumalpha(text: str) -> str:
    """Two characters from sums weighted with primes, counted from the right."""
    if len(text) < 2:
        return "too short for check pair"
    if len(text) > _CHECK_PAIR_LIMIT:
        return "too long for check pair implementation"
    payload = text[:-2]
    total = 0
    for place, prime in enumerate(_primes(len(payload))):
        value = _CSET_82.find(payload[-1 - place])
        if value < 0:
            return "invalid cset82 character"
        total += prime * value
    total %= _CHECK_PAIR_MODULUS
    pair = _CSET_32[total // 32] + _CSET_32[total % 32]
    return "" if pair == text[-2:] else "incorrect check pair"


def _primes(count: int) -> "list[int]":
    primes: "list[int]" = []
    number = 2
    while len(primes) < count:
        if all([number % prime for prime in primes]):
            primes.append(number)
        number += 1
    return primes


def gcppos1(text: str) -> str:
    """Starts with what may be a company prefix; which are allocated only GS1 knows."""
    if len(text) < _GCP_DIGITS:
        return "too short for gcp"
    return "" if is_digits(text[:_GCP_DIGITS]) else "invalid gcp prefix"


def gcppos2(text: str) -> str:
    return gcppos1(text[1:])


def hasnondigit(text: str) -> str:
    return "requires non digit character" if is_digits(text) else ""


def hyphen(text: str) -> str:
    return _all_in("-", text, "not hyphen")


def importeridx(text: str) -> str:
    if len(text) != 1:
        return "importer idx must be one character"
    return _all_in(_CSET_64, text, "invalid import idx character")


def nonzero(text: str) -> str:
    return csetnumeric(text) or ("illegal zero value" if text.strip("0") == "" else "")


def nozeroprefix(text: str) -> str:
    """A lone zero is no prefix (EPC Tag Data Standard, grammar of a CPI serial)."""
    illegal = len(text) > 1 and text[0] == "0"
    return csetnumeric(text) or ("illegal zero prefix" if illegal else "")


def zero(text: str) -> str:
    return "not zero" if not text or text.strip("0") else ""


def _one_of(choices: str, text: str, fault: str) -> str:
    return "" if len(text) == 1 and text in choices else fault


def winding(text: str) -> str:
    return _one_of("019", text, "invalid winding direction")


def yesno(text: str) -> str:
    return _one_of("01", text, "not zero or one")


def iso5218(text: str) -> str:
    return _one_of("0129", text, "invalid biological sex code")


def pcenc(text: str) -> str:
    """Percent-encoded: each % is followed by two hexadecimal digits."""
    for part in text.split("%")[1:]:
        if len(part) < 2 or _all_in("0123456789ABCDEFabcdef", part[:2], "no"):
            return "invalid percent sequence"
    return ""


def pieceoftotal(text: str) -> str:
    half = len(text) // 2
    if not text or len(text) % 2:
        return "invalid length for piece of total"
    if not is_digits(text):
        return "non digit character"
    piece, total = int(text[:half]), int(text[half:])
    if not piece:
        return "zero piece number"
    if not total:
        return "zero total pieces"
    return "piece number exceeds total" if piece > total else ""


def posinseqslash(text: str) -> str:
    parts = text.split("/")
    if len(parts) != 2 or not parts[0] or not parts[1] or not is_digits(parts[0] + parts[1]):
        return "position in sequence malformed"
    if parts[0][0] == "0" or parts[1][0] == "0":
        return "illegal zero prefix"
    return "position exceeds end" if int(parts[0]) > int(parts[1]) else ""


def _degrees(text: str, name: str, limit: int) -> str:
    """Ten digits: degrees times 10^7, shifted to be positive."""
    if len(text) != 10:
        return name + " invalid length"
    return csetnumeric(text) or ("invalid " + name if int(text) > limit else "")


def latitude(text: str) -> str:
    return _degrees(text, "latitude", 1800000000)


def longitude(text: str) -> str:
    return _degrees(text, "longitude", 3600000000)


def _sized(text: str, size: int, name: str) -> str:
    if len(text) != size:
        return name + (" too short" if len(text) < size else " too long")
    return csetnumeric(text)


def hh(text: str) -> str:
    return _sized(text, 2, "hour") or ("illegal hour" if int(text) > 23 else "")


def mi(text: str) -> str:
    return _sized(text, 2, "minute") or ("illegal minute" if int(text) > 59 else "")


def ss(text: str) -> str:
    return _sized(text, 2, "second") or ("illegal second" if int(text) > 59 else "")


def hhmi(text: str) -> str:
    return _sized(text, 4, "hour with minute") or hh(text[:2]) or mi(text[2:])


def month_days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _MONTH_DAYS[month - 1]


def _date(text: str, size: int, first_day: int) -> str:
    """Two digits of a year are read as of the 2000s: until 2050 that only errs about 1900, which
    no date to come can mean; 2100 is judged where the current year is known (gs1.expiry_day)."""
    fault = _sized(text, size, "date")
    if fault:
        return fault
    year, month, day = int(text[:-4]), int(text[-4:-2]), int(text[-2:])
    if not 1 <= month <= 12:
        return "illegal month"
    return "" if first_day <= day <= month_days(year, month) else "illegal day"


def yymmdd(text: str) -> str:
    return _date(text, 6, 1)


def yymmd0(text: str) -> str:
    """Day 00 is the last day of the month."""
    return _date(text, 6, 0)


def yyyymmdd(text: str) -> str:
    return _date(text, 8, 1)


def yyyymmd0(text: str) -> str:
    return _date(text, 8, 0)


LINTERS: "dict[str, Linter]" = {
    "cset39": cset39, "cset64": cset64, "cset82": cset82, "csetnumeric": csetnumeric,
    "csum": csum, "csumalpha": csumalpha, "gcppos1": gcppos1, "gcppos2": gcppos2,
    "hasnondigit": hasnondigit, "hh": hh, "hhmi": hhmi, "hyphen": hyphen,
    "importeridx": importeridx, "iso5218": iso5218, "latitude": latitude,
    "longitude": longitude, "mi": mi, "nonzero": nonzero, "nozeroprefix": nozeroprefix,
    "pcenc": pcenc, "pieceoftotal": pieceoftotal, "posinseqslash": posinseqslash, "ss": ss,
    "winding": winding, "yesno": yesno, "yymmd0": yymmd0, "yymmdd": yymmdd,
    "yyyymmd0": yyyymmd0, "yyyymmdd": yyyymmdd, "zero": zero,
}
