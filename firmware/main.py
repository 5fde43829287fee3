"""Start of the firmware on every platform."""

import sys

from firmware.device.app import App

if sys.platform == "esp32":
    from firmware.ports.hal import make_hal
else:
    from firmware.host.hal import make_hal


def main() -> None:
    """Turn after turn, for ever; the hal waits until the next one is needed."""
    hal = make_hal()
    app = App(hal)
    due = False
    while True:
        try:
            app.step(due)
        except Exception as error:  # the last resort: it is signed, then everything starts anew
            app.report_crash(error)
            hal.restart(error)
        due = hal.wait(app)


main()
