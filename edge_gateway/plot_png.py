"""SVG to PNG by resvg; an extra, because the gateway itself makes no images of pixels."""

from ledger_client.errors import UsageError, extra_missing

FONTS = "DejaVu Sans, Liberation Sans, Noto Sans, Helvetica, Arial, sans-serif"
_PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
_DIGIT = f'<text y="15" font-family="{FONTS}">8</text>'


def render(svg: str, width_px: int) -> bytes:
    """PNG bytes.  Raise UsageError when resvg-py or every font is missing."""
    try:
        import resvg_py
    except ImportError as error:
        raise extra_missing("PNG needs resvg-py", "plots") from error
    probe = resvg_py.svg_to_bytes(svg_string=_PROBE.format(_DIGIT))
    if probe == resvg_py.svg_to_bytes(svg_string=_PROBE.format("")):
        raise UsageError(f"none of the fonts {FONTS} is installed, so a PNG would have no words: "
                         "install one (Debian: apt-get install fonts-dejavu-core) or use the SVG")
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width_px))
