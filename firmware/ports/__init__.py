"""The world of a board: the only files that import machine, network, esp32, tls and ntptime.

Drivers take the bus as an argument, so the very same code runs over the chips of firmware/host.
"""
