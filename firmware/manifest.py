# ruff: noqa: F821
# mypy: disable-error-code="name-defined"
"""What is frozen into a board's image, each file by name; board=logger or board=scanner.

Frozen code starts without a file system and cannot be changed in place.  The functions used here
are those of MicroPython's manifest files.
"""

options.defaults(board="logger")

require("ntptime", version="0.2.2")

module("boot.py")
module("main.py")

package("firmware", base_path="..", files=(
    "__init__.py",
    "boards/__init__.py",
    "boards/%s.py" % options.board,
    "device/__init__.py",
    "device/acks.py",
    "device/alarms.py",
    "device/app.py",
    "device/batch.py",
    "device/chain.py",
    "device/clock.py",
    "device/connection.py",
    "device/console.py",
    "device/custody.py",
    "device/ecdsa.py",
    "device/faults.py",
    "device/journal.py",
    "device/logger.py",
    "device/memory.py",
    "device/mqtt.py",
    "device/p256.py",
    "device/p256_table.py",
    "device/panel.py",
    "device/products.py",
    "device/provisioning.py",
    "device/rescans.py",
    "device/scanner.py",
    "device/screen.py",
    "device/shelf.py",
    "device/state.py",
    "device/symbols.py",
    "device/tasks.py",
    "device/ticks.py",
    "device/timekeeping.py",
    "device/uplink.py",
    "device/version.py",
    "ports/__init__.py",
    "ports/console.py",
    "ports/display.py",
    "ports/ds3231.py",
    "ports/gm65.py",
    "ports/hal.py",
    "ports/keypad.py",
    "ports/nvs.py",
    "ports/partition.py",
    "ports/radio.py",
    "ports/secure.py",
    "ports/sensors.py",
    "ports/sht4x.py",
    "ports/ssd1306.py",
    "ports/stream.py",
    "ports/timebase.py",
))

package("ledger_client", base_path="..", files=(
    "__init__.py",
    "wire/__init__.py",
    "wire/cbor.py",
    "wire/check.py",
    "wire/codes.py",
    "wire/configuration.py",
    "wire/console.py",
    "wire/cose.py",
    "wire/digital_link.py",
    "wire/errors.py",
    "wire/event.py",
    "wire/gs1.py",
    "wire/gs1_codes.py",
    "wire/gs1_coupon.py",
    "wire/gs1_elements.py",
    "wire/gs1_linters.py",
    "wire/gs1_symbols.py",
    "wire/gs1_syntax.py",
    "wire/gs1_table.py",
    "wire/record.py",
    "wire/scan.py",
    "wire/session.py",
    "wire/telemetry.py",
    "wire/values.py",
))
