"""Every number of the wire formats that has a meaning, and every limit with its reason.

What a number means, and whether it has effect, is fixed by the ledger parameter `rules`.
"""

VERSION = 1

# purposes of what is exchanged with a device: external_aad = ["coldseal", purpose, ledger]
PURPOSE_RECORD, PURPOSE_ACK, PURPOSE_COMMAND, PURPOSE_POSSESSION = 1, 2, 3, 4

# kinds of record
KIND_TELEMETRY, KIND_SCAN, KIND_EVENT = 1, 2, 3

# where a device's time of day came from; unix_ms and error_ms are null exactly at SOURCE_NONE
SOURCE_NONE, SOURCE_HOLDOVER, SOURCE_SNTP, SOURCE_ACK = 0, 1, 2, 3

# quantities of a series; value * 10^exponent is in the unit named
QUANTITY_TEMPERATURE, QUANTITY_HUMIDITY, QUANTITY_VOLTAGE = 1, 2, 3  # degC, %RH, V
QUANTITY_DOOR_OPEN, QUANTITY_LIGHT, QUANTITY_ACCELERATION = 4, 5, 6  # s, lux, mg
QUANTITIES = (1, 2, 3, 4, 5, 6)

# roles of a key; a key has one role, for ever
ROLE_ROOT, ROLE_OPERATIONS, ROLE_DEVICE, ROLE_GATEWAY, ROLE_PERSON = 1, 2, 3, 4, 5
ROLE_WITNESS, ROLE_LEDGER, ROLE_FIRMWARE = 6, 7, 8

# scan actions: the row numbers of the custody state machine
ACTION_COMMISSION, ACTION_PACK, ACTION_UNPACK, ACTION_SHIP, ACTION_CANCEL = 1, 2, 3, 4, 5
ACTION_RECEIVE, ACTION_REFUSE, ACTION_PUT_AWAY, ACTION_QUARANTINE, ACTION_RELEASE = 6, 7, 8, 9, 10
ACTION_ILLEGITIMATE, ACTION_RECALL, ACTION_RETURN, ACTION_SALEABLE, ACTION_DISPENSE = \
    11, 12, 13, 14, 15
ACTION_DECOMMISSION, ACTION_DESTROY, ACTION_STOLEN, ACTION_SAMPLE, ACTION_UNDO = 16, 17, 18, 19, 20
ACTION_ALLOCATE, ACTION_CHECK, ACTION_ATTACH, ACTION_DETACH = 21, 22, 23, 24

# what the operator was told
SHOWN_ACCEPTED, SHOWN_ALREADY, SHOWN_WARNED, SHOWN_REFUSED = 0, 1, 2, 3

# device events
EVENT_BOOT, EVENT_CLOCK_SET, EVENT_CLOCK_STEP, EVENT_BATTERY, EVENT_SENSOR_FAULT = 1, 2, 3, 4, 5
EVENT_SENSOR_RESTORED, EVENT_DOOR, EVENT_TAMPER, EVENT_DISCARDED = 6, 7, 8, 9
EVENT_CONFIGURATION, EVENT_FIRMWARE, EVENT_ALARM_RAISED, EVENT_ALARM_CLEARED = 10, 11, 12, 13
EVENT_CUSTODY_BROKEN, EVENT_BEACON, EVENT_CRASH, EVENT_OPERATOR = 14, 15, 16, 17

# causes of a boot
BOOT_UNKNOWN, BOOT_POWER_ON, BOOT_RESET, BOOT_WATCHDOG, BOOT_BROWN_OUT = 0, 1, 2, 3, 4

# sensor faults
FAULT_NO_ANSWER, FAULT_CHECKSUM, FAULT_IMPLAUSIBLE, FAULT_POWER_ON_VALUE = 1, 2, 3, 4

# commands
COMMAND_CONFIGURATION, COMMAND_GATEWAYS, COMMAND_FIRMWARE, COMMAND_EPOCH = 1, 2, 3, 4

# limits of a record: bounded memory on a device and in a gateway
RECORD_BYTES = 8192
PAYLOAD_BYTES = 64 * 1024  # of one MQTT message
READINGS = 2048  # sum of counts of one record
RUNS = 64
SERIES = 8
SYMBOLS = 64
SYMBOL_BYTES = 256
TEXT = 64
VALUE_LIMIT = 1 << 31  # a running value stays below: fits a signed 32-bit column
DELTA_BYTES = 5  # a zigzag delta of two 32-bit values has at most 33 bits

JITTER_MS = 500  # a true reading lies this near to its decoded place

# when a telemetry record closes (a device may be configured for less)
TELEMETRY_READINGS = 1024
TELEMETRY_AGE_MS = 6 * 3600 * 1000
FLAP_PER_HOUR = 12

# session
ACK_WAIT_MS = 30 * 1000
RESEND_AGE_MS = 7 * 24 * 3600 * 1000
BEACON_AGE_MS = 24 * 3600 * 1000
GATEWAYS = 8
STEP_MAX_MS = 300 * 1000
RECALL_LIST_AGE_MS = 24 * 3600 * 1000

# blocks and statements
BLOCK_RECORDS = 512
BLOCK_BYTES = 192 * 1024  # of a body
STATEMENT_BYTES = 64 * 1024
TOLERANCE_MS = 120 * 1000  # sealed_ms beyond ledger time

# per device and epoch, remembered in the ledger's state
GAPS, FORKS, PENDING_LINKS = 64, 8, 256

# from a logger's epoch to its newest, in a passport: what begins anew more often is broken
EPOCHS = 256
