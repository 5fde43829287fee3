"""Board coldseal-scanner-1: generated from hardware/boards/scanner.toml by `make boards`."""

# which of the products this board is
PRODUCT = "scanner"

# hardware revision
NAME = "coldseal-scanner-1"

# microcontroller family
CONTROLLER = "esp32s3"

# set at boot: the default is slower
CPU_HZ = 240000000

# bytes, for gc.threshold() on the board
GC_THRESHOLD = 65536

# id, SDA, SCL, Hz
I2C = (0, 8, 9, 400000)

# id, TX, RX, baud
UART = (1, 17, 18, 9600)

# driver, bus, I2C address, 1 fitted / 0 place only
PARTS = (
    ("gm65", "uart", None, 1),
    ("ds3231", "i2c", 0x68, 1),
    ("atecc608b", "i2c", 0x60, 0),
    ("ssd1306", "i2c", 0x3C, 1),
)

# channel, quantity (wire/codes.py), driver, address
CHANNELS = ()

# driver, signal, pin
SIGNALS = ()

# of the oscillator that keeps time
DRIFT_PPM = 5

# name, pin; pressed is low
BUTTONS = (
    ("trigger", 4),
)

# row pins, column pins, names by row; "" has no function
KEYPAD = (
    (10, 11, 12, 13),
    (14, 15, 16, 21),
    (
        ("commission", "pack", "unpack", "ship"),
        ("receive", "putaway", "quarantine", "dispense"),
        ("attach", "detach", "check", "handover"),
        ("back", "", "", "ok"),
    ),
)

# name, pin
OUTPUTS = (
    ("buzzer", 5),
    ("led", 6),
)

# pin, n, d: cell millivolts = pin millivolts * n // d
BATTERY = (1, 2, 1)

# partition, bytes
JOURNAL = ("journal", 2097152)
