"""Board coldseal-logger-1: generated from hardware/boards/logger.toml by `make boards`."""

# which of the products this board is
PRODUCT = "logger"

# hardware revision
NAME = "coldseal-logger-1"

# microcontroller family
CONTROLLER = "esp32s3"

# set at boot: the default is slower
CPU_HZ = 240000000

# bytes, for gc.threshold() on the board
GC_THRESHOLD = 65536

# id, SDA, SCL, Hz
I2C = (0, 8, 9, 400000)

# id, TX, RX, baud
UART = None

# driver, bus, I2C address, 1 fitted / 0 place only
PARTS = (
    ("sht4x", "i2c", 0x44, 1),
    ("ds3231", "i2c", 0x68, 1),
    ("atecc608b", "i2c", 0x60, 0),
    ("ssd1306", "i2c", 0x3C, 1),
)

# channel, quantity (wire/codes.py), driver, address
CHANNELS = (
    (0, 1, "sht4x", 0x44),
)

# driver, signal, pin
SIGNALS = (
    ("ds3231", "INT", 7),
)

# of the oscillator that keeps time
DRIFT_PPM = 5

# name, pin; pressed is low
BUTTONS = (
    ("handover", 4),
)

# row pins, column pins, names by row; "" has no function
KEYPAD = None

# name, pin
OUTPUTS = (
    ("buzzer", 5),
    ("led", 6),
)

# pin, n, d: cell millivolts = pin millivolts * n // d
BATTERY = (1, 2, 1)

# partition, bytes
JOURNAL = ("journal", 2097152)
